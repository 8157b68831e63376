import { type HTMLElement, parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'

/** A form on a page, as much of it as a person needs: where it goes, what it already holds, and its buttons' words. */
type Form = { action: string; fields: ReadonlyMap<string, string>; buttons: readonly HTMLElement[] }

/**
 * A person with a browser that runs no script: reads pages, keeps cookies, follows redirects and presses buttons. The
 * pages ask for no more than that, so neither does the demo, which runs where there is no browser.
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

  /**
   * Presses the button with these words, as its form stands.
   * @param filled What is written into fields of that form before, by name.
   */
  async press(words: string, filled: { readonly [field: string]: string } = {}): Promise<void> {
    const form = this.#forms().find(({ buttons }) => buttons.some((button) => wordsOf(button) === words))
    if (!form) throw new Error(`no button says "${words}"; the page says: ${this.says}`)
    const body = new URLSearchParams([...form.fields, ...Object.entries(filled)])
    const button = form.buttons.find((each) => wordsOf(each) === words)
    const name = button?.getAttribute('name')
    if (name !== undefined) body.set(name, button?.getAttribute('value') ?? '')
    await this.#follow(new URL(form.action, this.#address), { method: 'POST', body })
  }

  #forms(): readonly Form[] {
    return this.#page.querySelectorAll('form').map((form) => ({
      action: form.getAttribute('action') ?? this.#address.href,
      fields: new Map(
        form
          .querySelectorAll('input[type=hidden]')
          .map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value') ?? '']),
      ),
      buttons: form.querySelectorAll('button'),
    }))
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
