# The commands of `cargo xtask demo --keycloakctl`, each with what it prints. A line with a `#` at its end runs unseen.
keycloakctl realms create --set realm=$KEYCLOAKCTL_REALM --enabled #
keycloakctl roles create --name editor #
printf 'username,email,firstName,lastName\nalice,alice@example.com,Alice,Smith\n' >users.csv #
printf 'bob,bob@example.com,Bob,Jones\ncarol,no address,Carol,Hill\n' >>users.csv #
keycloakctl users import users.csv
keycloakctl users list
keycloakctl users add-realm-roles --user alice --role editor
keycloakctl users list-realm-roles --user alice -o name
keycloakctl users get --user alise
keycloakctl users edit --user bob --last-name Baker
keycloakctl users list --fields username,lastName -o csv
keycloakctl realms delete #
