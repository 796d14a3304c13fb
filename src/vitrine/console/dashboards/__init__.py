"""The declared dashboards, drawn from the same declarations and queries as Grafana's."""
