import type { PolicyUse } from './constructs/function-code.ts'

/** Every Lambda, by the stem of its entry file, and what it asks of policy. */
export const functions = {
  metadata: 'none',
  evaluate: 'answers',
  'submit-request': 'answers',
  'read-task': 'facts',
  'cancel-request': 'facts',
  'complete-request': 'facts',
  'delegate-request': 'answers',
  'issue-token': 'answers',
  'introspect-token': 'facts',
  'revoke-token': 'facts',
  'issue-aws-credentials': 'answers',
  'call-aws': 'answers',
  'begin-use': 'answers',
  'end-use': 'facts',
  'decide-request': 'answers',
  'give-stand-in': 'answers',
  'end-stand-in': 'answers',
  'revoke-request': 'answers',
  'give-permit': 'answers',
  'revoke-permit': 'answers',
  'declare-halt': 'answers',
  'lift-halt': 'answers',
  'read-requests': 'answers',
  'open-break-glass': 'answers',
  'conclude-break-glass': 'answers',
  'read-break-glass': 'answers',
  'show-pages': 'answers',
  'decide-on-page': 'answers',
  'log-in': 'facts',
  'link-slack': 'facts',
  'receive-slack': 'answers',
  'decide-burst': 'answers',
  'await-outcome': 'none',
  'advance-workflow': 'facts',
  'follow-workflow': 'none',
  'hand-on': 'none',
  'draw-card': 'answers',
  'set-reminders': 'none',
  'write-denies': 'facts',
  'refresh-slack-groups': 'facts',
  'sweep-overdue': 'facts',
} as const satisfies { readonly [name: string]: PolicyUse }
export type FunctionName = keyof typeof functions

/** Those whose policy use is this. */
export const functionsWith = (use: PolicyUse): readonly FunctionName[] =>
  (Object.keys(functions) as FunctionName[]).filter((name) => functions[name] === use)
