//! Authentication flows, their executions and configurations, and required actions.
