import { type CoreFunction, descriptorOf, type FunctionName, isCore } from './functions.ts'

/** Kinds of statements that `sign-statement` signs: an alias of it for each. */
export const statementKinds = ['denial', 'approval', 'deferral', 'read', 'signal'] as const
export type StatementKind = (typeof statementKinds)[number]

/** Which kinds each function may have signed. IAM holds it to the aliases of these. */
const signed: { readonly [name in CoreFunction]?: readonly StatementKind[] } = {
  evaluate: ['denial'],
  'submit-request': ['approval', 'read'],
  'read-task': ['approval'],
  'issue-token': ['deferral', 'read'],
  'decide-request': ['read'],
  'decide-on-page': ['read'],
  'decide-burst': ['read'],
  'receive-slack': ['read'],
  deliver: ['signal'],
}

export const statementsOf = (name: FunctionName): readonly StatementKind[] =>
  (isCore(name) ? signed[name] : descriptorOf(name)?.signs) ?? []
