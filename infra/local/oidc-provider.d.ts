/**
 * The part of `oidc-provider` 9 that the local identity provider uses; the package ships no types.
 * Source: node_modules/oidc-provider/README.md and lib/helpers/defaults.js.
 */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface ClientMetadata {
    client_id: string
    [member: string]: unknown
  }

  export interface Client {
    clientId: string
  }

  /** What is known of the request that is being answered. */
  export interface OidcContext {
    body?: Record<string, unknown>
    params?: Record<string, unknown>
    client?: Client
    session?: { accountId?: string; acr?: string }
    entities: { AuthorizationCode?: { acr?: string; authTime?: number; accountId?: string } }
    provider: Provider
    uid: string
  }

  export interface Context {
    oidc: OidcContext
  }

  export interface ResourceServer {
    scope: string
    audience: string
    accessTokenFormat: 'jwt'
    accessTokenTTL: number
    jwt: { sign: { alg: string } }
  }

  export interface Interaction {
    uid: string
    prompt: { name: string }
    params: Record<string, unknown>
  }

  export interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export interface Adapter {
    upsert(id: string, payload: object, expiresIn?: number): Promise<void>
    find(id: string): Promise<object | undefined>
    findByUid(uid: string): Promise<object | undefined>
    findByUserCode(userCode: string): Promise<object | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Grant: new (properties: {
      accountId: string | undefined
      clientId: string | undefined
    }) => Grant
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result:
        | { login: { accountId: string; acr?: string; ts?: number } }
        | { error: string; error_description: string },
    ): Promise<void>
    on(event: string, listener: (...values: unknown[]) => void): this
  }

  export const errors: { InvalidTarget: new (description?: string) => Error }

  export const interactionPolicy: {
    base(): { get(name: string): { checks: { add(check: unknown): void; remove(reason: string): void } } }
    Check: new (reason: string, description: string, error: string, check: (context: Context) => boolean) => unknown
  } & { Check: { REQUEST_PROMPT: true; NO_NEED_TO_PROMPT: false } }

  export default Provider
}
