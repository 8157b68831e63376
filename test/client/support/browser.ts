/** The parts of a browser that a login needs: cookies, redirects and forms. */
class Visit {
  readonly #cookies = new Map<string, string>()
  readonly #subject: string
  /** An address to which it is not sent on: no program listens there that it could reach. */
  readonly #unreachable: string | undefined
  ended: URL | undefined

  constructor(subject: string, unreachable?: string) {
    this.#subject = subject
    this.#unreachable = unreachable
  }

  async open(url: URL, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(body ? { method: 'POST', body } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    const next = response.headers.get('location')
    if (next) {
      const to = new URL(next, url)
      this.ended = to
      return to.pathname === this.#unreachable ? response : this.open(to)
    }
    if (url.pathname.startsWith('/login/') && !body)
      return this.open(url, new URLSearchParams({ subject: this.#subject }))
    return response
  }
}

export const logInAs = (subject: string, address: string): Promise<Response> =>
  new Visit(subject).open(new URL(address))

/** The address on which a browser of another machine ends, where nothing listens for it. */
export async function endOfLogin(subject: string, address: string): Promise<string> {
  const visit = new Visit(subject, '/callback')
  await visit.open(new URL(address))
  return visit.ended?.href ?? ''
}

/** Types the code of a terminal into the provider's page, and then goes on with the login or refuses it. */
export async function typeCode(subject: string, address: string, code: string, refuses = false): Promise<string> {
  const visit = new Visit(subject)
  const url = new URL(address)
  const hidden = (page: string) => /name="xsrf" value="(\w+)"/.exec(page)?.[1] ?? ''
  const asked = await (await visit.open(url)).text()
  const shown = await visit.open(url, new URLSearchParams({ xsrf: hidden(asked), user_code: code }))
  const page = await shown.text()
  if (!page.includes('name="confirm"')) return page
  const verdict = refuses ? { abort: 'yes' } : {}
  const last = new URLSearchParams({ xsrf: hidden(page), user_code: code, confirm: 'yes', ...verdict })
  return (await visit.open(url, last)).text()
}
