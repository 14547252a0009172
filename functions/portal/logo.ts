import { html } from "hono/html"

export const logo = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <rect width="24" height="24" rx="6" fill="currentColor" />
  <path
    d="M6.5 15.5a7 7 0 1 1 3 2.8M6.5 15.5l-.3 3.6 3.3-.8"
    fill="none"
    stroke="#fff"
    stroke-width="1.9"
    stroke-linecap="round"
    stroke-linejoin="round"
  />
  <circle cx="12.6" cy="12" r="2.1" fill="#fff" />
</svg>`
