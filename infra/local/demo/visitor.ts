import { type HTMLElement, parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'

/**
 * A person with a browser that runs no script: reads pages, keeps cookies, follows redirects and clicks
 * buttons. The pages need no more, and the demo runs where there is no browser.
 */
export class Visitor {
  readonly #jar = new CookieJar()
  #address = new URL('about:blank')
  #page = parse('', options)

  /** What the page says, in one line. */
  get says(): string {
    return (this.#page.querySelector('main') ?? this.#page).structuredText.replaceAll(/\s+/g, ' ').trim()
  }

  /** The page itself, whole. */
  get html(): string {
    return this.#page.outerHTML
  }

  /** Goes to an address, and on from there as it is told. @throws Error when what it ends at is an error */
  async visit(address: string): Promise<void> {
    await this.#follow(new URL(address), { method: 'GET' })
  }

  /** Follows the link with these words. */
  async follow(words: string): Promise<void> {
    const link = this.#page.querySelectorAll('a').find((each) => wordsOf(each) === words)
    if (!link) throw new Error(`no link says "${words}"; the page says: ${this.says}`)
    await this.#follow(new URL(link.getAttribute('href') ?? '', this.#address), { method: 'GET' })
  }

  /** Clicks the button with these words, as its form is. */
  async click(words: string): Promise<void> {
    const button = this.#page.querySelectorAll('form button').find((each) => wordsOf(each) === words)
    const form = button?.closest('form')
    if (!button || !form) throw new Error(`no button says "${words}"; the page says: ${this.says}`)
    const body = new URLSearchParams()
    for (const field of [...form.querySelectorAll('input[type=hidden]'), button])
      if (field.hasAttribute('name')) body.set(field.getAttribute('name') ?? '', field.getAttribute('value') ?? '')
    await this.#follow(new URL(form.getAttribute('action') ?? '', this.#address), { method: 'POST', body })
  }

  async #follow(address: URL, init: { method: string; body?: URLSearchParams }): Promise<void> {
    const cookie = await this.#jar.getCookieString(address.href)
    const origin = init.body ? { origin: this.#address.origin } : {}
    const response = await fetch(address, { ...init, redirect: 'manual', headers: { cookie, ...origin } })
    for (const line of response.headers.getSetCookie()) await this.#jar.setCookie(line, address.href)
    const location = response.headers.get('location')
    if (location !== null) return this.#follow(new URL(location, address), { method: 'GET' })
    this.#address = address
    this.#page = parse(await response.text(), options)
    if (response.status >= 500) throw new Error(`${address.pathname} answered ${response.status}: ${this.says}`)
  }
}

/** All of a page is kept, its style too. */
const options = { comment: true, blockTextElements: { style: true, script: true } }

const wordsOf = (element: HTMLElement): string => element.structuredText.replaceAll(/\s+/g, ' ').trim()
