// Rules: test/targets/aws/reads/aws-reads.test.ts
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { bounded } from '../../../adapters/aws-client.ts'
import type { Account } from '../../../domain/policy/bundle.ts'
import type { AwsCredentials } from '../ports.ts'

type Session = AwsCredentials & { expiration: Date }

/** STS's limit for a role that is assumed by another role. */
const sessionSeconds = 3600
/** The time that a reading needs at least. Milliseconds. */
const spare = 60_000

/**
 * Sessions of the reader roles, one for each account for most of an hour, so that a reading needs one call instead of
 * two. They stay in this process, whose callers may all use the role.
 */
export class ReaderSessions {
  readonly role: string
  readonly #client: STSClient
  readonly #sessions = new Map<string, Promise<Session>>()

  /** @param role name and path of the reader in every account */
  constructor(role: string, client: STSClient = new STSClient(bounded(2, 600))) {
    this.role = role
    this.#client = client
  }

  /** A provider for AWS clients, which ask again shortly before a session ends. */
  of(account: Account): () => Promise<Session> {
    return async () => {
      const pending = this.#sessions.get(keyOf(account))
      const before = pending && (await pending.catch(() => undefined))
      if (before && before.expiration.getTime() - spare > Date.now()) return before
      // A concurrent reading may have fetched one.
      const other = this.#sessions.get(keyOf(account))
      if (other && other !== pending) return other
      const session = this.#assume(account)
      this.#sessions.set(keyOf(account), session)
      return session
    }
  }

  /** Drops a session that AWS calls expired, also if this machine’s clock disagrees. */
  forget(account: Account): void {
    this.#sessions.delete(keyOf(account))
  }

  async #assume({ partition, accountId, externalId }: Account): Promise<Session> {
    const command = new AssumeRoleCommand({
      RoleArn: `arn:${partition}:iam::${accountId}:role/${this.role}`,
      RoleSessionName: 'hotwork-reader',
      ExternalId: externalId,
      DurationSeconds: sessionSeconds,
    })
    const { Credentials } = await this.#client.send(command)
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {}
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw new NoSession('STS gave no session')
    return {
      ...{ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      expiration: Expiration,
    }
  }
}

class NoSession extends Error {
  override readonly name = 'NoSession'
}

const keyOf = ({ partition, accountId, externalId }: Account): string => `${partition} ${accountId} ${externalId}`
