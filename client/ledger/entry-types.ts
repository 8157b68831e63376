/** One row for each type of entry. A test compares them with the types in the record. */

/** The entry's own facts, unchecked: they differ with its type and with the version that wrote it. */
type Facts = { readonly [name: string]: unknown }

type At = (seconds: unknown) => string

export type Severity = 1 | 2 | 3 | 4

export type EntryType = {
  /** Its OCSF class; by default an activity of Entity Management, on a record or on the target of a halt. */
  ocsf:
    | ('create' | 'update' | 'enroll' | 'unenroll' | 'activate' | 'deactivate' | 'suspend' | 'resume')
    | ('call' | 'refused call' | 'session' | 'access')
  severity?: Severity | ((facts: Facts) => Severity)
  /** A line of a request's timeline. */
  say?: (facts: Facts, at: At) => string
}

const said = (words: unknown): string => (typeof words === 'string' && words.trim() ? `: ${words.trim()}` : '')
const byWhom = (by: unknown): string => `by ${by === 'system' ? 'Hotwork' : by}`

const ofRequests: { readonly [type: string]: EntryType } = {
  Submitted: { ocsf: 'create', say: ({ tier }) => `asked, tier ${tier}` },
  StageOpened: {
    ocsf: 'update',
    say: ({ stage, deadline }, at) => `${stage} may decide until ${at(deadline)}`,
  },
  Decided: {
    ocsf: 'update',
    say: ({ verdict, stage, through, comment, ...facts }) =>
      `${verdict === 'approve' ? 'approved' : verdict === 'revise' ? 'sent back' : 'denied'} as ${stage}${facts.for ? ` for ${facts.for}` : ''}, round ${facts.round}, by ${through}${said(comment)}`,
  },
  StateChanged: {
    ocsf: 'update',
    say: ({ round, tier }) => `the resource changed: round ${round}, tier ${tier}; earlier approvals do not count`,
  },
  Narrowed: { ocsf: 'update', say: ({ round, tier }) => `narrowed it: round ${round}, tier ${tier}` },
  Commented: { ocsf: 'update', say: ({ stage, comment }) => `commented as ${stage}${said(comment)}` },
  TransferAccepted: { ocsf: 'update', say: () => 'accepted the agent' },
  Asked: { ocsf: 'update', say: ({ stage, text }) => `asked the agent as ${stage}${said(text)}` },
  Answered: { ocsf: 'update', say: ({ text }) => `answered${said(text)}` },
  ColleagueAsked: { ocsf: 'update', say: ({ stage, to }) => `asked ${to} to decide as ${stage}` },
  ApprovalDropped: {
    ocsf: 'update',
    say: ({ person, stage }) => `the approval of ${person} as ${stage} no longer counts`,
  },
  StageEscalated: {
    ocsf: 'update',
    say: ({ stage, to, deadline }, at) => `${stage} was silent: ${to} may decide too, until ${at(deadline)}`,
  },
  Approved: {
    ocsf: 'activate',
    say: ({ claimBy, notAfter }, at) =>
      `approved: the credential to be collected by ${at(claimBy)}, over at ${at(notAfter)}`,
  },
  Denied: {
    ocsf: 'deactivate',
    say: ({ by, reason, outcome }) =>
      `${outcome === 'revise' ? 'sent back to the agent' : 'denied'} ${byWhom(by)}${said(reason)}`,
  },
  Withdrawn: { ocsf: 'deactivate', say: () => 'withdrew it' },
  Delegated: { ocsf: 'update', say: ({ to, child, uses }) => `delegated ${uses} of its uses to ${to}, as ${child}` },
  KeyBound: { ocsf: 'update', say: () => "bound it to the agent's key" },
  CredentialIntended: { ocsf: 'update', say: ({ credential, claim }) => `${credential} is to be issued (${claim})` },
  CredentialIssued: {
    ocsf: 'session',
    say: ({ credential, claim, expiresAt }, at) => `${credential} was issued (${claim}), good until ${at(expiresAt)}`,
  },
  CredentialRevoked: { ocsf: 'update', say: ({ credential }) => `${credential} was given back` },
  UseBegun: { ocsf: 'call', say: ({ use, tool }) => `${use} was begun on ${tool}` },
  UseEnded: { ocsf: 'call', say: ({ use, outcome, note }) => `${use} ended: ${outcome}${said(note)}` },
  UseReturned: { ocsf: 'call', say: ({ use, reason }) => `${use} was not made and is given back${said(reason)}` },
  RunStarted: { ocsf: 'call', say: ({ use, run }) => `${use} started a run: ${run}` },
  RunEnded: {
    ocsf: 'call',
    severity: ({ status }) => (status === 'succeeded' ? 1 : 2),
    say: ({ status, note }) => `the run ended: ${status}${said(note)}`,
  },
  Completed: { ocsf: 'deactivate', say: ({ outcome, note }) => `completed: ${outcome}${said(note)}` },
  Revoked: { ocsf: 'deactivate', severity: 3, say: ({ by, reason }) => `revoked ${byWhom(by)}${said(reason)}` },
  Expired: { ocsf: 'deactivate', say: () => 'expired' },
  StepOpened: { ocsf: 'update', say: ({ step, child }) => `step ${step} may begin, as ${child}` },
  StepEnded: {
    ocsf: 'update',
    say: ({ step, outcome, because }) => `step ${step} ended: ${outcome}${because ? `: ${because}` : ''}`,
  },
  CallsCompared: {
    ocsf: 'update',
    severity: ({ extraCalls = 0 }) => (Number(extraCalls) > 0 ? 4 : 1),
    say: ({ approved = 0, extraCalls = 0, refused = 0, extra = [] }) =>
      `compared the calls to AWS with what was approved: ${approved} approved, ${refused} refused, ${extraCalls} extra${said(Array.isArray(extra) && extra.join(', '))}`,
  },
  Refused: {
    ocsf: 'refused call',
    severity: 2,
    say: ({ attempted, code, count: times = 1 }) =>
      `was refused: ${attempted} (${code})${Number(times) > 1 ? `, ${times} times` : ''}`,
  },
}

/** Types of openings and other records, which have no timeline in the terminal. */
const others: { readonly [type: string]: EntryType } = {
  BreakGlassOpened: { ocsf: 'access', severity: 4 },
  ReviewDue: { ocsf: 'update' },
  ReviewOverdue: { ocsf: 'update', severity: 3 },
  Reviewed: { ocsf: 'update' },
  PermitGiven: { ocsf: 'access' },
  PermitDrawn: { ocsf: 'update' },
  PermitRevoked: { ocsf: 'deactivate' },
  Halted: { ocsf: 'suspend', severity: 4 },
  Lifted: { ocsf: 'resume' },
  StandInGiven: { ocsf: 'create' },
  StandInEnded: { ocsf: 'deactivate' },
  Linked: { ocsf: 'enroll' },
  Unlinked: { ocsf: 'unenroll' },
  Vouched: { ocsf: 'update' },
  Erased: { ocsf: 'update' },
  Recertified: { ocsf: 'update' },
  Retired: { ocsf: 'deactivate' },
  Suspended: { ocsf: 'suspend', severity: 3 },
  Registered: { ocsf: 'create' },
  RegistrationChanged: { ocsf: 'update' },
  Unregistered: { ocsf: 'deactivate' },
  UnknownCaller: { ocsf: 'update', severity: 3 },
  StreamRegistered: { ocsf: 'create' },
  StreamChanged: { ocsf: 'update' },
  StreamRemoved: { ocsf: 'deactivate' },
}

/** A newer API may have types that this program does not know. */
export const entryTypes: ReadonlyMap<string, EntryType> = new Map(Object.entries({ ...ofRequests, ...others }))
