// The contacts as they are now: asked every second, never in a hidden tab. An ETag says whether anything is new.
;(() => {
  const EVERY_MS = 1_000
  const list = document.getElementById("contacts")
  const mark = document.getElementById("live")
  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" })
  const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" })
  let etag = null

  // In the zone of whoever looks; a day is said where it is not today.
  const dress = (root) => {
    for (const element of root.querySelectorAll("time")) {
      const at = new Date(element.dateTime)
      if (Number.isNaN(at.getTime())) continue
      const isToday = at.toDateString() === new Date().toDateString()
      element.textContent = (isToday ? clock : whole).format(at)
      element.title = element.dateTime
    }
  }

  const statuses = () =>
    new Map([...list.querySelectorAll("li")].map(({ id, dataset }) => [id, dataset.status]))

  async function look() {
    const response = await fetch("/", {
      cache: "no-store",
      headers: etag === null ? {} : { "if-none-match": etag },
    })
    if (response.status !== 200) return
    etag = response.headers.get("etag")
    const before = statuses()
    const open = new Set(
      [...list.querySelectorAll("details[open]")].map((each) => each.parentElement.id),
    )
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    dress(page)
    list.replaceChildren(...page.getElementById("contacts").childNodes)
    for (const row of list.querySelectorAll("li")) {
      if (open.has(row.id)) row.firstElementChild.open = true
      if (before.get(row.id) !== row.dataset.status) row.classList.add("is-new")
    }
  }

  async function follow() {
    if (!document.hidden) {
      try {
        await look()
        mark.textContent = "Live"
        mark.removeAttribute("data-paused")
      } catch {
        mark.textContent = "Not reached"
        mark.setAttribute("data-paused", "")
      }
    }
    setTimeout(follow, EVERY_MS)
  }

  dress(document)
  void follow()
})()
