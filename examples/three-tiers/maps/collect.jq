# Asks for the events after the last one that the hub has committed.
{method: "GET", path: "/api/su-kien?sau=\(.cursor // "0")"}
