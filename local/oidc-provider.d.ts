/** `oidc-provider` 9 ships no types. Source: node_modules/oidc-provider/README.md and lib/helpers/defaults.js. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface ClientMetadata {
    client_id: string
    [member: string]: unknown
  }

  export interface Context {
    oidc: {
      body?: Record<string, unknown>
      params?: Record<string, unknown>
      client?: { clientId: string }
      session?: { accountId?: string; acr?: string }
      entities: Partial<Record<'AuthorizationCode' | 'DeviceCode', { acr?: string; authTime?: number }>>
      provider: Provider
    }
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    proxy: boolean
    readonly Grant: new (
      of: object,
    ) => { addOIDCScope(scope: string): void; save(): Promise<string> }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ params: Record<string, unknown> }>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
    on(event: string, listener: (...values: unknown[]) => void): this
  }

  export const errors: { InvalidTarget: new (description?: string) => Error }

  export const interactionPolicy: {
    base(): { get(name: string): { checks: { add(check: unknown): void; remove(reason: string): void } } }
    Check: new (reason: string, description: string, error: string, check: (context: Context) => boolean) => unknown
  }

  export default Provider
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  export function createMemoryAdapter(): (model: string) => object
}
