import * as z from 'zod'

/** What Slack gave us. While the signing secret is being rotated, signatures by the previous one hold too. */
export const slackSecret = {
  shape: z.object({
    botToken: z.string().min(1),
    signingSecret: z.string().min(1),
    previousSigningSecret: z.string().min(1).optional(),
  }),
  members: '`botToken`, `signingSecret` and perhaps `previousSigningSecret`',
}
