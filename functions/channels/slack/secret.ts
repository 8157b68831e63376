// Rules: test/adapters/secretsmanager/secrets.test.ts
import * as z from 'zod'

/**
 * Slack's credentials for the app. During a rotation of the signing secret, signatures by the previous one are valid
 * too.
 */
export const slackSecret = {
  shape: z.object({
    botToken: z.string().min(1),
    signingSecret: z.string().min(1),
    previousSigningSecret: z.string().min(1).optional(),
  }),
  members: '`botToken`, `signingSecret` and perhaps `previousSigningSecret`',
}
