// What the portal does beyond its forms and links: times in the viewer's zone, copying, and pages that follow what happens.
// Every page works without it.
;(() => {
  const MINUTE = 60_000
  const DAY = 24 * 60 * MINUTE
  const UNITS = [
    ["year", 365 * DAY],
    ["month", 30 * DAY],
    ["day", DAY],
    ["hour", 60 * MINUTE],
    ["minute", MINUTE],
    ["second", 1_000],
  ]
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" })
  const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" })

  function sayTime(element) {
    const at = Date.parse(element.dateTime)
    if (Number.isNaN(at)) return
    const away = at - Date.now()
    const [unit, size] = UNITS.find(([, each]) => Math.abs(away) >= each) ?? UNITS.at(-1)
    const text =
      element.dataset.form === "exact"
        ? exact.format(at)
        : element.dataset.form === "due" && away <= 0
          ? "now"
          : relative.format(Math.trunc(away / size), unit)
    if (element.textContent !== text) element.textContent = text
    element.title = `${exact.format(at)}\n${element.dateTime}`
  }

  // A chart's hours, in its labels and in what it says of each column: the first five letters.
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
  const zone = hour.resolvedOptions().timeZone
  function sayHours(root) {
    for (const element of root.querySelectorAll("[data-at]"))
      element.textContent =
        hour.format(Date.parse(element.dataset.at)) + element.textContent.slice("00:00".length)
    for (const element of root.querySelectorAll("[data-zone]:not(input)"))
      element.textContent = `Times in ${zone}`
  }

  function dress(root = document) {
    sayHours(root)
    for (const element of root.querySelectorAll("time")) sayTime(element)
    for (const button of root.querySelectorAll("button[data-copy][hidden]")) button.hidden = false
    // A date and time are chosen in the viewer's zone, and sent as they are meant.
    for (const input of root.querySelectorAll("input[data-zone][type=hidden]"))
      input.value = String(new Date().getTimezoneOffset())
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]")
    if (!button) return
    const text = button.parentElement.querySelector("pre, input").textContent
    try {
      await navigator.clipboard.writeText(text)
      button.textContent = "Copied"
    } catch {
      button.textContent = "Select and copy"
    }
    setTimeout(() => (button.textContent = "Copy"), 2_000)
  })

  // A menu or a question that is open closes on a click elsewhere, and by Escape.
  const closeOthers = (except) => {
    for (const open of document.querySelectorAll("details.confirm[open]"))
      if (!open.contains(except)) open.open = false
  }
  document.addEventListener("click", (event) => closeOthers(event.target))
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeOthers(null)
  })

  // Live: every two seconds while something changes, more and more seldom while nothing does, never in a hidden tab.
  const FIRST_MS = 2_000
  const LONGEST_MS = 15_000
  let everyMs = FIRST_MS
  let etag = null
  let timer

  const live = () => document.getElementById("live")
  const schedule = () => {
    clearTimeout(timer)
    const isPaused = document.hidden
    for (const mark of document.querySelectorAll(".live-mark"))
      mark.toggleAttribute("data-paused", isPaused)
    if (!isPaused && live()) timer = setTimeout(look, everyMs)
  }
  // Whoever reads an open question or types into the live part is not to have it changed under the hand.
  const isBusy = () =>
    live().contains(document.activeElement) &&
    document.activeElement.matches("input, textarea, select")
  async function look() {
    if (!isBusy()) {
      await htmx.ajax("GET", location.pathname + location.search, {
        source: live(),
        target: "#live",
        select: "#live",
        swap: "outerMorph",
      })
    }
    schedule()
  }

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === live() && etag) ctx.request.headers["If-None-Match"] = etag
  })
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== live()) return
    const { status, headers } = ctx.response
    if (status === 200) etag = headers.get("etag")
    everyMs = status === 200 ? FIRST_MS : Math.min(LONGEST_MS, everyMs * 1.25)
  })
  document.addEventListener("htmx:after:swap", () => dress())
  document.addEventListener("visibilitychange", () => {
    everyMs = FIRST_MS
    schedule()
  })
  for (const type of ["pointerdown", "keydown"])
    document.addEventListener(type, () => {
      if (everyMs > FIRST_MS) {
        everyMs = FIRST_MS
        schedule()
      }
    })

  htmx.registerExtension("keep-open", {
    htmx_before_morph_attr: (element, { attrName }) =>
      !(attrName === "open" && element.localName === "details"),
  })

  dress()
  setInterval(() => document.hidden || dress(), 5_000)
  schedule()
})()
