import { type HTMLElement, parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'

/** A browser without scripts: the pages need none, and the demo runs where there is no browser. */
export class Visitor {
  readonly #jar = new CookieJar()
  #address = new URL('about:blank')
  #page = parse('', options)

  /** In one line. */
  get says(): string {
    return (this.#page.querySelector('main') ?? this.#page).structuredText.replaceAll(/\s+/g, ' ').trim()
  }

  get html(): string {
    return this.#page.outerHTML
  }

  /** Follows redirects. @throws when it ends at a fault */
  async visit(address: string): Promise<void> {
    await this.#follow(new URL(address), { method: 'GET' })
  }

  async follow(words: string): Promise<void> {
    const link = this.#page.querySelectorAll('a').find((each) => wordsOf(each) === words)
    if (!link) throw new Error(`no link says "${words}"; the page says: ${this.says}`)
    await this.#follow(new URL(link.getAttribute('href') ?? '', this.#address), { method: 'GET' })
  }

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

/** Keeps the style too. */
const options = { comment: true, blockTextElements: { style: true, script: true } }

const wordsOf = (element: HTMLElement): string => element.structuredText.replaceAll(/\s+/g, ' ').trim()
