"""HTTP around the page: allowed hosts, login, visitors, security headers, photos and exports."""
