export type Trouble = {
  /** The log messages that tell of it, word for word as in the code. */
  lines: readonly string[]
  /** For the person on call, until they find the runbook. */
  means: string
  /** Each minute counts: an ended AWS session may work on until a person looks, or one is used that no person was asked about. */
  urgent?: true
}

/**
 * What functions log, rather than throw, when something is wrong; each raises an alarm of its name, and has a page in
 * docs/runbooks. A test holds the lines to the code: what is logged as an error is counted somewhere.
 */
export const troubles: { readonly [alarm: string]: Trouble } = {
  Faults: { lines: ['fault'], means: 'endpoints met a broken world and answered 503 or 500' },
  ClockOutOfRange: {
    lines: ['clock_out_of_range'],
    means: 'a machine and the API disagree about the time; it decides nothing',
  },
  PolicyError: {
    lines: ['policy_error'],
    means: 'a policy errs, and so the answer is no',
  },
  DenyFailed: {
    lines: ['deny_failed'],
    means: 'a deny was not written: an ended AWS session may work on',
    urgent: true,
  },
  DenyOverflow: {
    lines: ['deny_overflow'],
    means: 'a role had more ended sessions than IAM has room for: all its sessions were ended; agents ask again',
  },
  SessionNotCut: {
    lines: ['session_not_cut'],
    means: 'AWS credentials were given that end by their policy alone: STS could not cut them to the grant',
  },
  HandOnFailed: {
    lines: ['hand_on_failed'],
    means: 'a changed request was not handed on: its cards and denies wait',
    urgent: true,
  },
  SlackSecretNotRead: {
    lines: ['slack secret not read'],
    means: 'no click can be verified, and none counts',
  },
  ClicksFailed: {
    lines: ['slack edge failed', 'click not decided', 'click not looked up'],
    means: 'clicks came to nothing; the people were told so',
  },
  SlackAppRemoved: {
    lines: ['slack app removed'],
    means: 'Slack says that the app was uninstalled, or its token revoked: no card can be posted',
  },
  BurstFailed: {
    lines: ['burst_failed'],
    means: 'a click for a whole list was taken and is not carried out yet; it is tried again',
  },
  CardUndeliverable: {
    lines: ['card_undeliverable', 'direct_undeliverable'],
    means: 'a channel, or a person, is closed to Hotwork: those approvers see no card',
  },
  CardDegraded: {
    lines: ['card degraded'],
    means: 'Slack would not take a card: it was posted bare, without Approve',
  },
  OutcomeUnknown: {
    lines: ['outcome_unknown'],
    means: 'a call was begun, and reading cannot tell whether it was done: a person should look',
  },
  BreakGlassOpened: {
    lines: ['break_glass_opened'],
    means: 'a person opened break-glass, or a drill of it',
  },
  BreakGlassOutlived: {
    lines: ['break_glass_outlived'],
    means: 'an opening of break-glass is past its end and was not stored as ended: its AWS sessions were not denied',
    urgent: true,
  },
  ReviewOverdue: {
    lines: ['review_overdue'],
    means: 'an opening of break-glass was not reviewed within a day; the next one needs a second person',
  },
  SealedRoleUsed: {
    lines: ['sealed_role_used'],
    means: 'a person acts outside Hotwork, by the sealed role: a review is due',
    urgent: true,
  },
  SealedUseFailed: {
    lines: ['sealed_role_use_failed'],
    means: 'the sealed role was used, and that is not on record yet: no review is due',
  },
  ReconciliationFound: {
    lines: ['reconciliation_found'],
    means:
      'AWS has sessions or denies that are not on record: what could be put right was handed on, a person should look',
  },
  ReconciliationCut: {
    lines: ['reconciliation_cut'],
    means: 'there was more to verify than time or room for it: what was left was not checked',
  },
  ReconciliationFailed: {
    lines: ['reconciliation_failed'],
    means:
      'what AWS has of a role, or the record, could not be read: it is not known whether it is what the table says',
  },
  LedgerBroken: {
    lines: ['ledger_broken'],
    means: 'the record is not what was written: an entry was replaced or left out, or a row was put around the record',
  },
  SweepFailed: {
    lines: ['sweep_failed'],
    means: 'an overdue request cannot be read or stored; the sweep goes past it',
  },
}
