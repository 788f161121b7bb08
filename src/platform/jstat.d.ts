/** The parts of jstat that are used; the package has no types of its own. */
declare module 'jstat' {
  interface Distributions {
    normal: { inv(probability: number, mean: number, deviation: number): number };
    studentt: { inv(probability: number, degreesOfFreedom: number): number };
    chisquare: { cdf(value: number, degreesOfFreedom: number): number };
  }
  const jStat: Distributions;
  export = jStat;
}
