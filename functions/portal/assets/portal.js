// Adds to the portal's forms and links: times in the viewer's zone, copying, and live pages.
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

  function formatTime(element) {
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

  // The hours of a chart, in its labels and in the text of each column: the first five characters.
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" })
  const zone = hour.resolvedOptions().timeZone
  function localizeHours(root) {
    for (const element of root.querySelectorAll("[data-at]"))
      element.textContent =
        hour.format(Date.parse(element.dataset.at)) + element.textContent.slice("00:00".length)
    for (const element of root.querySelectorAll("[data-zone]:not(input)"))
      element.textContent = `Times in ${zone}`
  }

  function enhance(root = document) {
    localizeHours(root)
    for (const element of root.querySelectorAll("time")) formatTime(element)
    for (const button of root.querySelectorAll("button[data-copy][hidden]")) button.hidden = false
    // Dates and times are entered in the viewer's zone, so its offset is sent with them.
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

  // An open menu or confirmation closes on a click elsewhere and on Escape.
  const closeOthers = (except) => {
    for (const open of document.querySelectorAll("details.confirm[open]"))
      if (!open.contains(except)) open.open = false
  }
  document.addEventListener("click", (event) => closeOthers(event.target))
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return
    closeOthers(null)
    // It also stops a navigation.
    leave(false)
  })

  // A bar shows that a page or a part is loading, after a delay.
  const NOTICED_MS = 250
  const progress = document.getElementById("progress")
  let progressTimer
  function showProgress(isOn) {
    clearTimeout(progressTimer)
    const show = () => {
      progress.toggleAttribute("data-on", isOn)
      progress.replaceChildren(...(isOn ? [element("span", "Loading", "visually-hidden")] : []))
    }
    if (isOn) progressTimer = setTimeout(show, NOTICED_MS)
    else show()
  }
  const element = (kind, textContent, className) =>
    Object.assign(document.createElement(kind), { textContent, className })
  // Requests that the navigation aborts have not failed.
  let isLeaving = false
  function leave(isOn) {
    isLeaving = isOn
    showProgress(isOn)
  }
  addEventListener("beforeunload", () => leave(true))
  addEventListener("pageshow", () => leave(false))

  // One notice over the page: what failed, and a link.
  const notice = document.getElementById("notice")
  let said = ""
  function say(text, word, href) {
    if (said === text) return
    said = text
    notice.replaceChildren(...(text === "" ? [] : [element("span", text, "")]))
    if (word) notice.append(Object.assign(element("a", word, "button"), { href }))
  }

  // Live: every two seconds while something changes, less often while nothing does, never in a hidden tab.
  const FIRST_MS = 2_000
  const LONGEST_MS = 15_000
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" })
  let everyMs = FIRST_MS
  let etag = null
  let seenAt = Date.now()
  let isOver = false
  let timer

  const live = () => document.getElementById("live")
  let isLive = true
  function mark(isNowLive) {
    isLive = isNowLive
    for (const each of document.querySelectorAll(".live-mark")) {
      each.toggleAttribute("data-paused", !isLive || document.hidden)
      each.textContent = isLive ? "Live" : "Not live"
    }
  }
  const schedule = () => {
    clearTimeout(timer)
    if (isOver) return
    for (const each of document.querySelectorAll(".live-mark"))
      each.toggleAttribute("data-paused", !isLive || document.hidden)
    if (!document.hidden && live()) timer = setTimeout(look, everyMs)
  }
  // The live part is not replaced while one of its fields has the focus.
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
  function slower() {
    everyMs = Math.min(LONGEST_MS, everyMs * 1.25)
  }
  function updateFailed(why) {
    slower()
    mark(false)
    say(`${why} Not updated since ${clock.format(seenAt)}. Retrying.`)
  }
  function end(text, word, href) {
    isOver = true
    mark(false)
    say(text, word, href)
  }

  /** Whether the response is swapped in. */
  function takeLive({ response: { status, headers }, text, hx }) {
    if (hx?.redirect) return true
    if (status === 401) {
      end(
        "Your session has ended: this page is no longer updated.",
        "Sign in again",
        "/portal?ended",
      )
    } else if (status === 403 || status === 404) {
      end("What this page shows is no longer there.", "Load it again", location.href)
    } else if (status === 304 || (status === 200 && text.includes('id="live"'))) {
      seenAt = Date.now()
      mark(true)
      say("")
      if (status === 304) slower()
      else {
        etag = headers.get("etag")
        everyMs = FIRST_MS
      }
      return true
    } else updateFailed("The portal responded with an error.")
    return false
  }

  /** Whether the response is swapped in: a failure without the wanted part becomes a notice. */
  function takePart({ response: { status }, text, select, hx }) {
    if (status < 400 || hx?.redirect || !select || text.includes(`id="${select.slice(1)}"`))
      return true
    const title = new DOMParser().parseFromString(text, "text/html").querySelector("h1")
    say(`${title?.textContent.trim() || "That did not work"}.`)
    return false
  }

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== live()) return
    ctx.request.headers["Portal-Live"] = "true"
    if (etag) ctx.request.headers["If-None-Match"] = etag
  })
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === live()) return
    say("")
    showProgress(true)
  })
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== live()) showProgress(false)
  })
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail
    const isTaken = ctx.sourceElement === live() ? takeLive(ctx) : takePart(ctx)
    if (!isTaken) event.preventDefault()
  })
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (!ctx || isLeaving) return
    if (ctx.sourceElement === live()) updateFailed("No connection.")
    else say("No connection. Check whether it was done before you try again.")
  })
  addEventListener("online", () => {
    everyMs = FIRST_MS
    schedule()
  })
  document.addEventListener("htmx:after:swap", () => enhance())
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

  enhance()
  setInterval(() => document.hidden || enhance(), 5_000)
  schedule()
})()
