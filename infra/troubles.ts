/**
 * What functions log, rather than throw, when something is wrong; each raises an alarm of its name, and has a page in
 * docs/runbooks. A test holds the lines to the code: what is logged as an error is counted somewhere.
 *
 * The log messages word for word, and what they mean to the person on call. `urgent`: each minute counts, since an ended AWS
 * session may work on, or one is used that no person was asked about.
 */
type Trouble = readonly [lines: readonly string[], means: string, urgent?: 'urgent']
export const troubles: { readonly [alarm: string]: Trouble } = {
  Faults: [['fault'], 'endpoints failed, and answered 503 or 500'],
  ClockOutOfRange: [
    ['clock_out_of_range'],
    'a machine and the API disagree about the time, so the machine decides nothing',
  ],
  PolicyError: [['policy_error'], 'a policy errs, and so the answer is no'],
  DenyFailed: [['deny_failed'], 'a deny was not written: an ended AWS session may work on', 'urgent'],
  DenyOverflow: [
    ['deny_overflow'],
    'a role had more ended sessions than IAM has room for: all its sessions were ended; agents ask again',
  ],
  SessionNotCut: [
    ['session_not_cut'],
    'AWS credentials were given that end by their policy alone: STS could not cut them to the grant',
  ],
  HandOnFailed: [['hand_on_failed'], 'a changed request was not handed on: its cards and denies wait', 'urgent'],
  SlackSecretNotRead: [['slack secret not read'], 'no click can be verified, and none counts'],
  ClicksFailed: [
    ['slack edge failed', 'click not decided', 'click not looked up'],
    'clicks were not carried out, and the people who clicked were told so',
  ],
  SlackAppRemoved: [
    ['slack app removed'],
    'Slack says that the app was uninstalled, or its token revoked: no card can be posted',
  ],
  BurstFailed: [['burst_failed'], 'a click for a whole list was taken and is not carried out yet; it is tried again'],
  CardUndeliverable: [
    ['card_undeliverable', 'direct_undeliverable'],
    'Hotwork cannot write to a channel or a person: those approvers see no card',
  ],
  CardDegraded: [['card degraded'], 'Slack refused a card: it was posted bare, without Approve'],
  WebhookUndeliverable: [
    ['webhook_unsigned', 'webhook_gone'],
    'an agent or a tool is not notified: there is no secret to sign with, or its receiver wants no more',
  ],
  SignalUndeliverable: [
    ['signal_refused', 'signal_undelivered'],
    'a tool was not told that a token is dead: its receiver refused that, or did not take it in time',
  ],
  OutcomeUnknown: [
    ['outcome_unknown'],
    'a call was begun, and Hotwork cannot tell whether it was done: a person should look',
  ],
  ExtraCalls: [
    ['extra_calls'],
    'AWS credentials were used for a call that no person and no policy approved: it went through',
  ],
  BreakGlassOpened: [['break_glass_opened'], 'a person has an opening, or a drill of one'],
  BreakGlassOutlived: [
    ['break_glass_outlived'],
    'an opening is past its end and was not stored as ended: its AWS sessions were not denied',
    'urgent',
  ],
  ReviewOverdue: [['review_overdue'], 'an opening was not reviewed within a day: the next one needs a second person'],
  SealedRoleUsed: [
    ['sealed_role_used'],
    'a person acts outside Hotwork, by the sealed role: a review is due',
    'urgent',
  ],
  SealedUseFailed: [
    ['sealed_role_use_failed'],
    'the sealed role was used, and that is not on record yet: no review is due',
  ],
  ReconciliationFound: [
    ['reconciliation_found'],
    'AWS has sessions or denies that are not on record: Hotwork mends what it can, and a person should look',
  ],
  ReconciliationCut: [
    ['reconciliation_cut'],
    'there was more to verify than there was time or room: the rest was not checked',
  ],
  ReconciliationFailed: [
    ['reconciliation_failed', 'calls_not_compared'],
    'a role in AWS, or the record, could not be read: it is not known whether it agrees with the table',
  ],
  LedgerBroken: [
    ['ledger_broken', 'bundle_broken'],
    'the record is not what was written: an entry or a kept bundle was replaced or left out, or a row was put around the record',
  ],
  LedgerTampered: [
    ['ledger_tampered'],
    'the ledger table is not what was written: an entry was changed, removed, exchanged or put there by hand',
    'urgent',
  ],
  SignalsHeldBack: [
    ['signals_held_back'],
    'a transmitter of security events halts more than it may in an hour: its further signals wait',
    'urgent',
  ],
  NotaryBehind: [['notary_behind'], 'entries are not in the log, ten minutes after they were written, or later'],
  NotaryFailed: [['notary_failed'], 'the notary cannot go on: entries wait to be added to the log'],
  AnchorRefuses: [['anchor_refuses'], 'the bucket of the log does not take or give: entries wait to be added to it'],
  AgentSuspended: [
    ['agent_suspended', 'recertification_overdue'],
    'an agent, a person, a group or the names of a sealed role were not recertified in time, or an agent has lost its owner: what an agent had is ended',
  ],
  SweepFailed: [
    ['sweep_failed', 'look_after_failed'],
    'an overdue request, or an agent that is due, cannot be read or stored: it is left out until the next run',
  ],
}
