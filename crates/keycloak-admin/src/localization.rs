//! Localisation: texts of a realm by language.
