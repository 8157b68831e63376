import { timingSafeEqual } from 'node:crypto'
import type { Call } from '../../adapters/http/endpoint.ts'
import { BadRequest } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { digestOf } from '../../domain/digest.ts'
import { sessionSeconds } from '../../domain/people/login.ts'

/** The cookies of the pages: whose browser it is, and the link that Slack showed to it. */
export type CookieName = 'session' | 'link'
const seconds: { readonly [name in CookieName]: number } = { session: sessionSeconds, link: 600 }

/** 256 bits as base64url, and nothing else that a browser may send. */
const secret = /^[A-Za-z0-9_-]{43}$/

/**
 * `__Host-`: set by this very host over TLS, for all of it and for no other (RFC 6265bis section 4.1.3.2). On loopback
 * there is no TLS, and browsers take no such name there: the one deviation, and only where the issuer itself is `http`.
 */
const nameOf = (issuer: string, name: CookieName): string =>
  issuer.startsWith('https:') ? `__Host-hotwork-${name}` : `hotwork-${name}`

/** What a browser holds under a name; nothing where it sends two of them, since nobody knows which is ours. */
export function cookieOf(call: Call, issuer: string, name: CookieName): string | undefined {
  const prefix = `${nameOf(issuer, name)}=`
  const sent = (call.header('cookie') ?? '').split(/;\s*/).filter((each) => each.startsWith(prefix))
  const value = sent[0]?.slice(prefix.length) ?? ''
  return sent.length === 1 && secret.test(value) ? value : undefined
}

/** The header with which a browser holds a value, or no more. Lax: it comes back from the provider by a plain link. */
export function setCookie(issuer: string, name: CookieName, value: string | undefined): { 'set-cookie': string } {
  const secure = issuer.startsWith('https:') ? '; Secure' : ''
  const age = value === undefined ? 0 : seconds[name]
  return {
    'set-cookie': `${nameOf(issuer, name)}=${value ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`,
  }
}

/** What only a page that was made for this session can hold: made of what its browser holds, and no way back to that. */
export const csrfOf = (cookie: string): string => digestOf('hotwork.csrf.v1', cookie).slice('sha-256:'.length)

/**
 * The form that a browser sent, if it is one of a page of ours that this session was shown. A browser that says where a
 * form comes from must say that it is from here (Fetch metadata, and `Origin`).
 *
 * @throws BadRequest 403
 */
export function formOf(call: Call, issuer: string, cookie: string): Form {
  const [site, origin] = [call.header('sec-fetch-site'), call.header('origin')]
  const fromHere = (site === undefined || site === 'same-origin') && (origin === undefined || origin === issuer)
  const form = call.form()
  if (fromHere && isSame(form.get('csrf') ?? '', csrfOf(cookie))) return form
  throw new BadRequest({
    status: 403,
    code: 'foreign_form',
    title: 'That form was not one that this login was shown',
    detail: 'Nothing was recorded. Open the page again and decide there',
  })
}

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
