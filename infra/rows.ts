import type { FunctionName } from './functions.ts'

/** How the id of a chain of entries begins, and the row of the requests table that says where it ends. */
const headOf = {
  req_: 'REQ#req_',
  bgl_: 'REQ#bgl_',
  stp_: 'PERMIT#stp_',
  hlt_: 'HLT#hlt_',
  sin_: 'SIN#sin_',
  'agent:': 'CHAIN#agent:',
  'person:': 'CHAIN#person:',
  'tool:': 'CHAIN#tool:',
} as const
type Chain = keyof typeof headOf

/** `rows`: of the requests table beside those ends, by how their keys begin. */
type Writes = { chains?: readonly Chain[]; rows?: readonly (`${string}#` | 'SLACKGROUPS')[] }

const brokerWrites: Writes = { chains: ['req_', 'bgl_', 'agent:', 'person:'], rows: ['JTI#', 'SEEN#'] }

/** What each function may put. IAM holds it to that, and test/stack/written.test.ts holds this to the code. */
const writes: { readonly [name in FunctionName]?: Writes } = {
  // A no is on the agent's own chain.
  evaluate: { chains: ['agent:'], rows: ['EVAL#', 'RATE#'] },
  // It draws from standing permits, too.
  'submit-request': { chains: ['req_', 'stp_', 'agent:'], rows: ['IDEM#', 'OPEN#', 'RATE#', 'SEEN#'] },
  'read-task': { rows: ['RATE#'] },
  'cancel-request': { chains: ['req_', 'agent:'] },
  'complete-request': { chains: ['req_', 'agent:'] },
  'delegate-request': { chains: ['req_', 'agent:'], rows: ['IDEM#', 'RATE#', 'SEEN#'] },
  'issue-token': { chains: ['req_', 'bgl_', 'agent:', 'person:'], rows: ['JTI#', 'SEEN#'] },
  'revoke-token': { chains: ['req_', 'bgl_', 'agent:', 'person:', 'tool:'] },
  'issue-aws-credentials': brokerWrites,
  'call-aws': brokerWrites,
  'begin-use': { chains: ['req_', 'bgl_', 'tool:'], rows: ['SEEN#', 'USE#'] },
  'end-use': { chains: ['req_', 'bgl_', 'tool:'] },
  'decide-request': { chains: ['req_', 'bgl_', 'person:'] },
  'decide-burst': { chains: ['req_', 'person:'] },
  'revoke-request': { chains: ['req_', 'bgl_', 'person:'] },
  'give-permit': { chains: ['stp_', 'person:'] },
  'revoke-permit': { chains: ['stp_', 'person:'] },
  'give-stand-in': { chains: ['sin_', 'person:'], rows: ['ABSENT#', 'STANDIN#'] },
  'end-stand-in': { chains: ['sin_', 'person:'], rows: ['ABSENT#', 'STANDIN#'] },
  'declare-halt': { chains: ['hlt_', 'person:'], rows: ['HALT#'] },
  'lift-halt': { chains: ['hlt_', 'person:'], rows: ['HALT#'] },
  'open-break-glass': { chains: ['bgl_', 'person:'], rows: ['BUDGET#', 'DRILL#', 'IDEM#', 'SEEN#', 'VOUCHED#'] },
  'conclude-break-glass': { chains: ['bgl_', 'person:'], rows: ['INCIDENT#', 'VOUCHED#'] },
  'open-on-page': {
    chains: ['bgl_', 'person:'],
    rows: ['BUDGET#', 'DRILL#', 'IDEM#', 'LOGIN#', 'SESSION#', 'VOUCHED#'],
  },
  'decide-on-page': { chains: ['req_', 'bgl_', 'person:'], rows: ['LOGIN#', 'SESSION#'] },
  'log-in': { rows: ['LOGIN#', 'SESSION#'] },
  'link-slack': { chains: ['person:'], rows: ['LINK#', 'LINKCODE#', 'LINKOF#'] },
  'receive-slack': {
    chains: ['req_', 'bgl_', 'stp_', 'sin_', 'person:'],
    rows: ['ABSENT#', 'LINKCODE#', 'PREPARED#', 'CLICK#', 'SEEN#', 'SLACKGROUPS', 'STANDIN#'],
  },
  'refresh-slack-groups': { rows: ['SLACKGROUPS'] },
  'advance-workflow': { chains: ['req_', 'bgl_'] },
  'sweep-overdue': { chains: ['req_', 'bgl_'] },
  'write-denies': { chains: ['req_', 'bgl_'], rows: ['DENY#'] },
  'report-sealed-use': { chains: ['bgl_'], rows: ['BUDGET#', 'SEALED#'] },
}

export function writesOf(name: FunctionName): { requests: readonly string[]; ledger: readonly string[] } {
  const { chains = [], rows = [] } = writes[name] ?? {}
  return { requests: [...chains.map((chain) => headOf[chain]), ...rows], ledger: chains }
}
