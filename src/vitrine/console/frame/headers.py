"""What the console tells a browser about itself: load nothing from elsewhere, frame nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def security_headers(style_hashes: Iterable[str]) -> Mapping[str, str]:
    """Return the headers of every answer; `style_hashes` name the styles that scripts insert."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": " ".join(("'self'", *style_hashes)),
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "font-src": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        # With `no-referrer`, browsers would hide the origin of our own forms from us.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


PAGE = {"cache-control": "no-store"}
FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}
