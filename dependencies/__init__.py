"""What Vitrine is built on: looked up among known vulnerabilities, and under which licences."""
