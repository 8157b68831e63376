import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import type { NumericDate } from '../../domain/values.ts'
import type { Clock } from '../../operations/ports.ts'

/** What Slack gave us. While the signing secret is being rotated, signatures by the previous one hold too. */
const SlackSecret = z.object({
  botToken: z.string().min(1),
  signingSecret: z.string().min(1),
  previousSigningSecret: z.string().min(1).optional(),
})
export type SlackSecret = z.infer<typeof SlackSecret>

/** How soon a rotated secret is taken up. */
const keepSeconds = 300

/** Slack's token and signing secret, one JSON secret in Secrets Manager, remembered for five minutes. */
export class SlackSecretReader {
  readonly #client: SecretsManagerClient
  readonly #secretId: string
  readonly #clock: Clock
  #remembered: { secret: Promise<SlackSecret>; until: NumericDate } | undefined

  constructor(secretId: string, clock: Clock, client: SecretsManagerClient = connect()) {
    this.#client = client
    this.#secretId = secretId
    this.#clock = clock
  }

  /** @throws when Secrets Manager does not answer or the secret does not have the members above */
  read(): Promise<SlackSecret> {
    const now = this.#clock.now()
    if (this.#remembered && now < this.#remembered.until) return this.#remembered.secret
    const secret = this.#fetch().catch((fault: unknown) => {
      this.#remembered = undefined
      throw fault
    })
    this.#remembered = { secret, until: now + keepSeconds }
    return secret
  }

  async #fetch(): Promise<SlackSecret> {
    const { SecretString = '' } = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#secretId }))
    const parsed = SlackSecret.safeParse(jsonOf(SecretString))
    if (parsed.success) return parsed.data
    // Names of members, never what stands in them.
    throw new TypeError(
      `the secret \`${this.#secretId}\` must be a JSON object with \`botToken\`, \`signingSecret\` and perhaps \`previousSigningSecret\``,
    )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A parser's message quotes the text, which is the secret.
    return undefined
  }
}

const connect = () =>
  new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  })
