import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam'

type Credentials = NonNullable<IAMClientConfig['credentials']>
export type CredentialsFor = (role: string) => Credentials | undefined

/** A client of IAM for each account, since credentials are fetched once for many roles of it. */
export class IamClients {
  readonly #credentialsFor: CredentialsFor
  readonly #clients = new Map<string | undefined, IAMClient>()

  constructor(credentialsFor: CredentialsFor = () => undefined) {
    this.#credentialsFor = credentialsFor
  }

  of(role: string): IAMClient {
    const [, , , , account] = role.split(':')
    const client = this.#clients.get(account) ?? connect(this.#credentialsFor(role))
    this.#clients.set(account, client)
    return client
  }
}

/** What IAM calls a role: its ARN's last part, without the path. */
export const nameOf = (role: string): string => role.slice(role.lastIndexOf('/') + 1)

const connect = (credentials: Credentials | undefined) =>
  new IAMClient({
    ...(credentials !== undefined && { credentials }),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  })
