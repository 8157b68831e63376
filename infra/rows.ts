import { type CoreFunction, descriptorOf, type FunctionName, isCore } from './functions.ts'

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
  'group:': 'CHAIN#group:',
  'sealed:': 'CHAIN#sealed:',
} as const
type Chain = keyof typeof headOf

/** `rows`: of the requests table beside those ends, by how their keys begin. `texts`: what its entries are committed to. */
export type Writes = { chains?: readonly Chain[]; rows?: readonly `${string}#`[]; texts?: true }

/**
 * Rows that each function may put; those of a target's function are in its descriptor. IAM holds it to that, and test/stack/written.test.ts
 * holds this to the code.
 */
const writes: { readonly [name in CoreFunction]?: Writes } = {
  // A no is on the chain of the agent or tool that asked.
  evaluate: { chains: ['agent:', 'tool:'], rows: ['EVAL#', 'RATE#'] },
  // It draws from standing permits, too.
  'submit-request': {
    chains: ['req_', 'stp_', 'agent:'],
    rows: ['EXT#', 'IDEM#', 'OPEN#', 'RATE#', 'SEEN#'],
    texts: true,
  },
  'read-task': { rows: ['RATE#'] },
  'cancel-request': { chains: ['req_', 'agent:'] },
  'complete-request': { chains: ['req_', 'agent:'], texts: true },
  'delegate-request': { chains: ['req_', 'agent:'], rows: ['IDEM#', 'RATE#', 'SEEN#'], texts: true },
  // A client may ask and claim in one call.
  'issue-token': {
    chains: ['req_', 'bgl_', 'stp_', 'agent:', 'person:'],
    rows: ['OPEN#', 'RATE#', 'SEEN#'],
    texts: true,
  },
  'revoke-token': { chains: ['req_', 'bgl_', 'agent:', 'person:', 'tool:'] },
  'begin-use': { chains: ['req_', 'bgl_', 'tool:'], rows: ['SEEN#'] },
  'end-use': { chains: ['req_', 'bgl_', 'tool:'], texts: true },
  'manage-stream': { chains: ['tool:'], rows: ['STREAM#'] },
  'decide-request': { chains: ['req_', 'bgl_', 'person:'], texts: true },
  'decide-burst': { chains: ['req_', 'person:'], texts: true },
  'revoke-request': { chains: ['req_', 'bgl_', 'person:'], texts: true },
  'give-permit': { chains: ['stp_', 'person:'], texts: true },
  'revoke-permit': { chains: ['stp_', 'person:'], texts: true },
  'give-stand-in': { chains: ['sin_', 'person:'], rows: ['ABSENT#', 'STANDIN#'] },
  'end-stand-in': { chains: ['sin_', 'person:'], rows: ['ABSENT#', 'STANDIN#'] },
  'declare-halt': { chains: ['hlt_', 'person:'], rows: ['HALT#', 'HALTCOPY#', 'HALTED#'], texts: true },
  'lift-halt': { chains: ['hlt_', 'person:'], rows: ['HALT#', 'HALTCOPY#'] },
  'receive-signal': { chains: ['hlt_'], rows: ['HALT#', 'HALTCOPY#', 'HALTED#', 'RATE#', 'SEEN#'] },
  'erase-texts': { chains: ['person:'] },
  recertify: { chains: ['agent:', 'person:', 'group:', 'sealed:'], rows: ['CERTIFIED#'], texts: true },
  'open-break-glass': {
    chains: ['bgl_', 'person:'],
    rows: ['BUDGET#', 'DRILL#', 'IDEM#', 'SEEN#', 'VOUCHED#'],
    texts: true,
  },
  'conclude-break-glass': { chains: ['req_', 'bgl_', 'person:'], rows: ['INCIDENT#', 'VOUCHED#'], texts: true },
  'open-on-page': {
    chains: ['bgl_', 'person:'],
    rows: ['BUDGET#', 'DRILL#', 'IDEM#', 'LOGIN#', 'VOUCHED#'],
    texts: true,
  },
  'decide-on-page': { chains: ['req_', 'bgl_', 'person:'], rows: ['LOGIN#', 'SESSION#', 'ASIDE#'], texts: true },
  'log-in': { rows: ['LOGIN#', 'SESSION#'] },
  'look-at-hosts': { rows: ['LOOKED#'] },
  'link-slack': { chains: ['person:'], rows: ['LINK#', 'LINKCODE#', 'LINKOF#'], texts: true },
  'receive-slack': {
    chains: ['req_', 'bgl_', 'stp_', 'hlt_', 'sin_', 'person:'],
    rows: [
      ...(['ABSENT#', 'LINKCODE#', 'PREPARED#', 'CLICK#', 'GROUP#', 'HALT#'] as const),
      ...(['HALTCOPY#', 'HALTED#', 'IDEM#', 'OPEN#', 'RATE#', 'SEEN#', 'STANDIN#'] as const),
    ],
    texts: true,
  },
  'refresh-groups': { rows: ['GROUP#'] },
  'advance-workflow': { chains: ['req_', 'bgl_'] },
  'look-after-agents': {
    chains: ['agent:', 'person:', 'group:', 'sealed:'],
    rows: ['BUNDLE#', 'LIFE#', 'OBSERVED#', 'REGISTRY#'],
  },
  'sweep-overdue': { chains: ['req_', 'bgl_'] },
}

/** Those that show people what entries are committed to. */
const showing: readonly FunctionName[] = [
  'decide-request',
  'revoke-request',
  'revoke-permit',
  'lift-halt',
  'read-requests',
  'open-break-glass',
  'conclude-break-glass',
  'read-break-glass',
  'show-pages',
  'decide-on-page',
  'open-on-page',
  'receive-slack',
  'draw-card',
]

export const showsTexts = (name: FunctionName): boolean =>
  showing.includes(name) || descriptorOf(name)?.showsTexts === true

export function writesOf(name: FunctionName): {
  requests: readonly string[]
  ledger: readonly string[]
  texts: boolean
} {
  const { chains = [], rows = [], texts = false } = (isCore(name) ? writes[name] : descriptorOf(name)) ?? {}
  return { requests: [...chains.map((chain) => headOf[chain]), ...rows], ledger: chains, texts }
}
