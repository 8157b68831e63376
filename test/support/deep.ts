/**
 * The number of random cases: a few in `npm test`, where the same seeds are drawn in each run, and many in
 * `npm run test:deep`, which runs each week.
 */
export const cases = (usual: number, deep: number): number => (process.env['HOTWORK_DEEP'] ? deep : usual)
