import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { type NumericDate, parseJson } from '../../domain/values.ts'
import { SecretUnavailable } from '../../operations/faults.ts'
import type { Clock, SecretReader } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

const keepSeconds = 300

/** A secret that is a JSON object, cached for some minutes. */
export class JsonSecretReader<T> implements SecretReader<T> {
  readonly #client: SecretsManagerClient
  readonly #secretId: string
  readonly #shape: z.ZodType<T>
  readonly #members: string
  readonly #clock: Clock
  #remembered: { secret: Promise<T>; until: NumericDate } | undefined

  /** @param members the names of the required members, for a fault */
  constructor(
    secretId: string,
    { shape, members }: { shape: z.ZodType<T>; members: string },
    clock: Clock,
    client: SecretsManagerClient = asItself(new SecretsManagerClient(bounded(3, 2000))),
  ) {
    this.#client = client
    this.#secretId = secretId
    this.#shape = shape
    this.#members = members
    this.#clock = clock
  }

  /** @throws SecretUnavailable if Secrets Manager does not answer or the secret lacks the members */
  read(): Promise<T> {
    const now = this.#clock.now()
    if (this.#remembered && now < this.#remembered.until) return this.#remembered.secret
    const secret = this.#fetch().catch((fault: unknown) => {
      this.#remembered = undefined
      throw fault
    })
    this.#remembered = { secret, until: now + keepSeconds }
    return secret
  }

  async #fetch(): Promise<T> {
    const get = new GetSecretValueCommand({ SecretId: this.#secretId })
    const { SecretString = '' } = await this.#client.send(get).catch((cause: unknown) => {
      throw new SecretUnavailable(`the secret \`${this.#secretId}\` cannot be read`, { cause })
    })
    const parsed = this.#shape.safeParse(parseJson(SecretString))
    if (parsed.success) return parsed.data
    throw new SecretUnavailable(`the secret \`${this.#secretId}\` must be a JSON object with ${this.#members}`)
  }
}

/** Below Slack's three seconds, so that a silent attempt leaves time for another. */
export const hurriedSecrets = (): SecretsManagerClient => asItself(new SecretsManagerClient(bounded(3, 900)))

/** Base 64 of 24 to 64 bytes, as in Standard Webhooks, with or without its prefix. */
const WebhookSecret = z.string().regex(/^(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$/)

const IncidentSecret = z.object({
  /** The incident tool's signing secret. During a rotation, signatures by the previous one are valid too. */
  webhookSecret: WebhookSecret,
  previousWebhookSecret: WebhookSecret.optional(),
  /** The value of the `Authorization` header for questions about incidents, if the tool needs one. */
  checkAuthorization: z.string().min(1).max(4096).optional(),
})
type IncidentSecret = z.infer<typeof IncidentSecret>

export class IncidentSecretReader extends JsonSecretReader<IncidentSecret> {
  constructor(secretId: string, clock: Clock, client?: SecretsManagerClient) {
    const members = '`webhookSecret` and, optionally, `previousWebhookSecret` and `checkAuthorization`'
    super(secretId, { shape: IncidentSecret, members }, clock, client)
  }

  readonly webhookSecrets = async (): Promise<readonly string[]> => {
    const { webhookSecret, previousWebhookSecret } = await this.read()
    return previousWebhookSecret === undefined ? [webhookSecret] : [webhookSecret, previousWebhookSecret]
  }
}

/** The secrets of each agent or tool by id, two during a rotation. A malformed value counts as absent. */
const WebhookSecrets = z.record(
  z.string(),
  z.union([WebhookSecret.transform((one) => [one]), z.array(WebhookSecret).max(2)]).catch([]),
)

export class WebhookSecretReader extends JsonSecretReader<z.infer<typeof WebhookSecrets>> {
  constructor(secretId: string, clock: Clock, client?: SecretsManagerClient) {
    super(
      secretId,
      { shape: WebhookSecrets, members: '`whsec_...` for each agent and tool that is notified' },
      clock,
      client,
    )
  }

  readonly secretsOf = async (id: string): Promise<readonly string[]> => (await this.read())[id] ?? []
}

/** A read-only key of the REST API. */
const PagerDutySecret = z.object({ token: z.string().regex(/^[\x21-\x7e]{1,256}$/) })

export class PagerDutySecretReader extends JsonSecretReader<z.infer<typeof PagerDutySecret>> {
  constructor(secretId: string, clock: Clock, client?: SecretsManagerClient) {
    super(secretId, { shape: PagerDutySecret, members: '`token`' }, clock, client)
  }
}
