/** A browser as far as a login goes: it keeps cookies, follows where it is sent, and fills in the one form that it is shown. */
export async function logInAs(subject: string, address: string): Promise<Response> {
  const cookies = new Map<string, string>()
  const visit = async (url: URL, body?: URLSearchParams): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(body ? { method: 'POST', body } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const next = response.headers.get('location')
    if (next) return visit(new URL(next, url))
    return url.pathname.startsWith('/login/') && !body ? visit(url, new URLSearchParams({ subject })) : response
  }
  return visit(new URL(address))
}
