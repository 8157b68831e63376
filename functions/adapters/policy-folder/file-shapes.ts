import * as z from 'zod'
import { BreakGlassPolicy } from '../../domain/break-glass/break-glass.ts'
import { IssuerFile } from '../../domain/people/identity-issuer.ts'
import { Agent, Directory, Identity, oneYear, Person, ResourceRule, Tool } from '../../domain/people/organisation.ts'
import { Account, Bundle, Deployment, Sealed } from '../../domain/policy/bundle.ts'
import { Alias, GrantTerms, Ladder, Stage, Tier } from '../../domain/policy/ladder.ts'
import { PolicyCase } from '../../domain/policy/policy-case.ts'
import { defined } from '../../domain/values.ts'

/** How the files of a policy folder say things; each gives what the bundle holds, where times are whole seconds. */

const duration = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** An ISO 8601 duration in days, hours, minutes and seconds. */
const Duration = z.string().transform((text, context) => {
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (duration.exec(text) ?? [])
    .slice(1)
    .map((part) => Number(part ?? 0))
  const total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  if (Number.isSafeInteger(total) && total > 0) return total
  context.addIssue({ code: 'custom', message: 'an ISO 8601 duration above zero, such as `PT30M`' })
  return z.NEVER
})

const startOfDay = z.iso.date().transform((day) => Date.parse(`${day}T00:00:00Z`) / 1000)

const dayOrTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })])

/** A day, from its first second (UTC), or a time to the second. */
const Moment = z.string().transform((text, context) => {
  if (dayOrTime.safeParse(text).success) return Math.floor(Date.parse(text) / 1000)
  context.addIssue({
    code: 'custom',
    message: 'a day such as `2026-12-31`, or a time such as `2026-12-31T18:00:00Z`',
  })
  return z.NEVER
})

const IdentityFile = z.strictObject({
  ...Identity.shape,
  validFrom: Moment.optional(),
  validUntil: Moment.optional(),
})

const StageFile = z.strictObject({
  ...Stage.shape,
  deadline: Duration,
  onSilence: z.union([
    z.literal('expire'),
    z.strictObject({ escalateTo: Alias, deadline: Duration, channel: Alias.optional() }),
  ]),
  maxAge: Duration.optional(),
  // Plain names here: what they are is checked in the ladder that this becomes.
  notify: z.strictObject({ direct: z.array(z.string()), quiet: z.array(z.string()).optional() }).optional(),
  remind: z.strictObject({ after: Duration, times: z.int() }).optional(),
})
const TierFile = z.strictObject({
  ...Tier.shape,
  stages: z.array(StageFile).max(8),
  grant: z.strictObject({ ...GrantTerms.shape, claimWithin: Duration, lifetime: Duration }),
})
export const LadderFile = z.strictObject({ ...Ladder.shape, tiers: z.array(TierFile).min(1).max(16) }).pipe(Ladder)
/** The files say `slack` for what the bundle calls the chat, since Slack is the chat that there is. */
const PersonFile = z
  .strictObject({
    ...Person.omit({ chatUser: true }).shape,
    identities: z.array(IdentityFile).min(1),
    recertifyBy: startOfDay.optional(),
    slack: Person.shape.chatUser,
  })
  .transform(({ slack, ...person }) => ({ ...person, ...defined({ chatUser: slack }) }))
export const DirectoryFile = z
  .strictObject({
    ...Directory.omit({ chatGroups: true }).shape,
    people: z.array(PersonFile).min(1),
    slackGroups: Directory.shape.chatGroups,
    recertifyGroups: z.record(Alias, startOfDay).optional(),
  })
  .transform(({ slackGroups, ...directory }) => ({ ...directory, ...defined({ chatGroups: slackGroups }) }))
export const AgentsFile = z.strictObject({
  agents: z.array(
    z.strictObject({
      ...Agent.shape,
      identities: z.array(IdentityFile).min(1),
      recertifyBy: startOfDay,
      recertifyEvery: Duration.default(oneYear),
    }),
  ),
})
export const ToolsFile = z.strictObject({
  tools: z.array(z.strictObject({ ...Tool.shape, identities: z.array(IdentityFile) })),
})
export const ResourcesFile = z.strictObject({
  show: Bundle.shape.show,
  resources: z.array(ResourceRule).min(1),
})
const TermsFile = {
  window: Duration,
  budget: Duration,
  coolDown: Duration,
  login: z.strictObject({ acr: z.string().optional(), maxAge: Duration.optional() }).default({}),
  tell: z.strictObject({ channel: z.string(), people: z.array(z.string()).optional() }),
}
export const BreakGlassFile = z
  .strictObject({
    incident: z.string(),
    incidentExample: z.string().optional(),
    budgetOfPerson: Duration,
    action: z.strictObject(TermsFile),
    profiles: z
      .array(
        z.strictObject({
          name: z.string(),
          title: z.string(),
          environment: z.string(),
          classification: z.string(),
          group: z.string(),
          rights: z.array(z.strictObject({ action: z.string(), resources: z.array(z.string()) })),
          ...TermsFile,
        }),
      )
      .default([]),
  })
  .pipe(BreakGlassPolicy)
export const CasesFile = z.strictObject({ cases: z.array(PolicyCase) })
export const DeploymentFile = z
  .strictObject({
    ...Deployment.omit({ chat: true }).shape,
    issuers: z.record(Alias, IssuerFile),
    accounts: z.record(
      Alias,
      Account.extend({ sealed: Sealed.extend({ recertifyBy: startOfDay.optional() }).optional() }),
    ),
    slack: Deployment.shape.chat,
  })
  .transform(({ slack, ...deployment }) => ({ ...deployment, chat: slack }))
export type DeploymentFile = z.infer<typeof DeploymentFile>
