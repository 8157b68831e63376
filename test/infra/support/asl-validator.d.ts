declare module 'asl-validator' {
  /** Checks a definition in Amazon States Language: its schema, its transitions, its paths. */
  export default function validate(definition: object): { isValid: boolean; errors: readonly object[] }
}
