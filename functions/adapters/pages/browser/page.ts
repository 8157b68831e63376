// Rules: test/local/pages/browser-script.test.ts
/**
 * The script of the pages, which work without it. It writes times in the reader's zone, has keys for lists and forms, and
 * keeps "Waiting for you" up to date. It says once that a request's page came into view. The pages' policy lets a browser run only the script with its hash.
 */

const [soonest, idle, hidden, failing] = [5, 30, 60, 300].map((seconds) => seconds * 1000) as [
  number,
  number,
  number,
  number,
]

const clock = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const
const formats = {
  whole: new Intl.DateTimeFormat('en-GB', { ...clock, day: 'numeric', month: 'short', year: 'numeric' }),
  toTheSecond: new Intl.DateTimeFormat('en-GB', { ...clock, day: 'numeric', month: 'short', second: '2-digit' }),
}

/** Writes times in the browser's zone. The title keeps the text in UTC. */
function writeTimes(within: ParentNode): void {
  for (const each of within.querySelectorAll('time')) {
    each.title = each.textContent
    each.textContent = formats[/^\d\d:/.test(each.title) ? 'toTheSecond' : 'whole'].format(new Date(each.dateTime))
  }
}

const byId = (id: string): HTMLElement | null => document.getElementById(id)

/** The links that name the rows of lists, without those in a closed fold. */
const rowLinks = (): HTMLAnchorElement[] =>
  [...document.querySelectorAll<HTMLAnchorElement>('.rows th a')].filter((each) => !each.closest('details:not([open])'))

function step(by: number): void {
  const links = rowLinks()
  const at = links.indexOf(document.activeElement as HTMLAnchorElement)
  links[at < 0 ? 0 : Math.max(0, at + by)]?.focus()
}

/** Moves to a field of the request's form, here or on the page of the focused row. It never submits. */
function goToField(id: string): void {
  const field = byId(id)
  const row = rowLinks().find((each) => each === document.activeElement)
  if (field) field.focus()
  else if (row?.pathname.startsWith('/decide/')) location.assign(`${row.pathname}#${id}`)
}

const keys: { readonly [key: string]: () => void } = {
  j: () => step(1),
  k: () => step(-1),
  a: () => goToField('approve-comment'),
  d: () => goToField('deny-comment'),
  '?': () => (byId('keys') as HTMLDialogElement).showModal(),
}

/** Whether a person turned the keys off in this browser. Without storage they are on. */
const stored = {
  areOff: () => {
    try {
      return localStorage.getItem('keys') === 'off'
    } catch {
      return false
    }
  },
  turn: (on: boolean) => {
    try {
      localStorage.setItem('keys', on ? 'on' : 'off')
    } catch {}
  },
}

function installKeys(show: HTMLElement, box: HTMLInputElement): void {
  box.checked = !stored.areOff()
  box.addEventListener('change', () => stored.turn(box.checked))
  show.hidden = false
  show.addEventListener('click', () => keys['?']?.())
  document.addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey, isComposing } = event
    const isOther = ctrlKey || metaKey || altKey || isComposing || !box.checked
    if (isOther || (target as Element).closest('input, textarea, select, dialog')) return
    const act = Object.hasOwn(keys, key) ? keys[key] : undefined
    if (!act) return
    // Prevents typing the letter into the newly focused field.
    event.preventDefault()
    act()
  })
  if (/^#(approve|deny)-comment$/.test(location.hash)) byId(location.hash.slice(1))?.focus()
}

const isLive = 'This list updates by itself.'

/** Keeps a list up to date until the login ends: `fresh` shows the state, `news` announces new rows. */
function keepLive(live: HTMLElement, fresh: HTMLElement, news: HTMLElement): void {
  let [wait, lookedAt, isLooking, timer] = [soonest, new Date(), false, 0]

  const plan = () => {
    clearTimeout(timer)
    timer = setTimeout(look, document.hidden ? Math.max(wait, hidden) : wait)
  }

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      const headers = { 'if-none-match': live.dataset['mark'] ?? '' }
      const signal = AbortSignal.timeout(idle)
      const answer = await fetch(location.pathname, { headers, signal, redirect: 'manual', cache: 'no-store' })
      // Without a login, the page redirects to one.
      if (answer.type === 'opaqueredirect') return end()
      if (answer.status !== 304 && !answer.ok) throw new Error('no answer')
      const isNew = answer.ok && take(await answer.text())
      wait = isNew ? soonest : Math.min(wait * 1.5, idle)
      lookedAt = new Date()
      fresh.textContent = isLive
    } catch {
      wait = Math.min(wait * 2, failing)
      fresh.textContent = `Not updated since ${formats.toTheSecond.format(lookedAt)}: Hotwork does not answer.`
    } finally {
      isLooking = false
    }
    plan()
  }

  /** Shows the list of another answer. @returns whether it has a new row */
  function take(page: string): boolean {
    const parsed = new DOMParser().parseFromString(page, 'text/html')
    const next = parsed.getElementById('live')
    if (!next) throw new Error('no list')
    // Another person has logged in in this browser: the whole page is theirs.
    const headOf = (of: Document) => of.querySelector('header')?.textContent
    if (headOf(parsed) !== headOf(document)) location.reload()
    // Keeps the list while the reader has selected text.
    if (getSelection()?.isCollapsed === false) return false
    const before = new Set(linksIn(live).map(({ href }) => href))
    const added = linksIn(next).filter(({ href }) => !before.has(href))
    const focused = live.contains(document.activeElement) ? document.activeElement : undefined
    const place = focused && placeOf(focused, live)
    const folds = [...live.querySelectorAll('details')].map(({ open }) => open)
    for (const [at, fold] of next.querySelectorAll('details').entries()) fold.open = folds[at] ?? false
    live.dataset['mark'] = next.dataset['mark'] ?? ''
    live.replaceChildren(...next.childNodes)
    writeTimes(live)
    document.title = parsed.title
    if (place) focusOn(place, live)
    if (added.length > 0)
      news.textContent = added.length === 1 ? `New: ${added[0]?.textContent}` : `${added.length} new requests`
    return added.length > 0
  }

  function end(): void {
    const link = document.createElement('a')
    link.href = location.pathname
    link.textContent = 'Log in again'
    news.replaceChildren('You are logged out, so this list is no longer updated. ', link)
    fresh.textContent = ''
    document.title = 'Log in again · Hotwork'
    document.removeEventListener('visibilitychange', onVisible)
  }

  const onVisible = () => {
    if (document.hidden) return plan()
    clearTimeout(timer)
    wait = soonest
    void look()
  }
  fresh.textContent = isLive
  document.addEventListener('visibilitychange', onVisible)
  plan()
}

const linksIn = (list: ParentNode): HTMLAnchorElement[] => [...list.querySelectorAll<HTMLAnchorElement>('th a')]

type Place = { tag: string; href: string | null; at: number }
const placeOf = (element: Element, within: ParentNode): Place => ({
  tag: element.tagName,
  href: element.getAttribute('href'),
  at: [...within.querySelectorAll(element.tagName)].indexOf(element),
})

/** Focuses the same link, or its successor. */
function focusOn({ tag, href, at }: Place, within: ParentNode): void {
  const alike = [...within.querySelectorAll<HTMLElement>(tag)]
  const same = href === null ? undefined : alike.find((each) => each.getAttribute('href') === href)
  const next = same ?? alike[at] ?? alike.at(-1) ?? within.querySelector<HTMLElement>('h1')
  next?.focus()
}

/** Reports that this stage of a request came into view, for the measure of the first look. */
function tellLook(): void {
  if (document.hidden) document.addEventListener('visibilitychange', tellLook, { once: true })
  else navigator.sendBeacon('', new URLSearchParams(look))
}

writeTimes(document)
const look = (byId('look') as HTMLInputElement | null)?.value
if (look) tellLook()
const [show, box] = [byId('keys-show'), byId('keys-on') as HTMLInputElement | null]
if (show && box) installKeys(show, box)
const [live, fresh, news] = [byId('live'), byId('fresh'), byId('news')]
if (live && fresh && news) keepLive(live, fresh, news)
