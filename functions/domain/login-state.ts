import * as z from 'zod'
import { digestOf } from './digest.ts'
import type { NumericDate, Seconds } from './values.ts'

/** The page that a person logs in for, and how strong and how new the login must be. */
export type PagePurpose = { to: string; acr?: string; maxAge?: Seconds }

const Sealed = z.strictObject({
  purpose: z.strictObject({ to: z.string(), acr: z.string().optional(), maxAge: z.int().optional() }),
  expiresAt: z.int(),
  random: z.string(),
})
export type LoginState = { purpose: PagePurpose; expiresAt: NumericDate; random: string }

/**
 * The `state` of a login that no row is kept for: what the login is for and until when, with a code that only the browser
 * with this cookie can make. Any caller may begin a login, so beginning one stores nothing.
 */
export function writeState(cookie: string, state: LoginState): string {
  const base64 = btoa(encodeURIComponent(JSON.stringify(state)))
  const body = base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return `${body}.${codeOf(cookie, body)}`
}

/** What a login was begun for, or undefined where it was begun in no browser with this cookie. */
export function readState(cookie: string, state: string): LoginState | undefined {
  const [body = '', code, ...more] = state.split('.')
  if (more.length > 0 || code !== codeOf(cookie, body)) return undefined
  const text = decodeURIComponent(atob(body.replaceAll('-', '+').replaceAll('_', '/')))
  return Sealed.parse(JSON.parse(text)) as LoginState
}

/** Whether a state says itself what it is for, and is not the name of a row. */
export const isSealedState = (state: string): boolean => state.includes('.')

const codeOf = (cookie: string, body: string): string =>
  digestOf('hotwork.login-state.v1', { cookie, body }).slice('sha-256:'.length)
