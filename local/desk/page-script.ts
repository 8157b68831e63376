// Rules: test/local/desk/browser.test.ts
/**
 * The script that updates pages, which also work without it. It replaces only parts that differ, so that focus,
 * scrolling and typed text stay.
 */
export const pageScript = `
const parts = ['nav', 'notice', 'messages', 'modal']
let busy = false, again = false
const openDialog = () => {
  const dialog = document.querySelector('dialog.modal')
  if (!dialog) return
  dialog.removeAttribute('open')
  dialog.showModal()
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); dialog.querySelector('[formaction="/close"]').click() })
}
const place = (text) => {
  const fresh = new DOMParser().parseFromString(text, 'text/html')
  const focused = document.activeElement && document.activeElement.id
  for (const id of parts) {
    const [before, after] = [document.getElementById(id), fresh.getElementById(id)]
    if (!before || !after || before.dataset.state === after.dataset.state) continue
    const menu = before.querySelector('#menu')
    if (menu) after.querySelector('#menu').checked = menu.checked
    before.replaceWith(after)
    if (id === 'modal') openDialog()
  }
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus()
}
const refresh = async () => {
  if (busy || document.querySelector(':popover-open')) { again = true; return }
  busy = true
  try { place(await (await fetch(location.href)).text()) } catch { /* the desk has ended; the page stays as it was */ }
  busy = false
  if (again) { again = false; await refresh() }
}
document.addEventListener('toggle', (event) => { if (event.newState === 'closed' && again) { again = false; refresh() } }, true)
document.addEventListener('submit', async (event) => {
  const form = event.target
  if (form.dataset.plain !== undefined) return
  event.preventDefault()
  const button = event.submitter
  const body = new URLSearchParams(new FormData(form, button))
  const popover = button?.closest('[popover]')
  popover?.hidePopover()
  const shown = popover ? document.querySelector('[popovertarget="' + popover.id + '"]') : button
  shown?.setAttribute('aria-busy', 'true')
  const answer = await fetch(button?.getAttribute('formaction') ?? form.action, { method: 'POST', body })
  if (form.id === 'composer') form.reset()
  shown?.removeAttribute('aria-busy')
  place(await answer.text())
})
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-click]')
  if (!link) return
  const body = new URLSearchParams(new FormData(link.closest('form')))
  body.set('click', link.dataset.click)
  fetch('/click', { method: 'POST', body, keepalive: true }).then((answer) => answer.text()).then(place)
})
const events = new EventSource(document.body.dataset.events)
events.onmessage = refresh
// Changes between the page's load (or a lost connection) and this moment are fetched now.
events.onopen = refresh
openDialog()
`
