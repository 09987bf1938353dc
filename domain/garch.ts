/**
 * GARCH(1,1) with a constant mean and normal errors, fitted by maximum likelihood (Bollerslev 1986):
 *
 *   r(t) = mean + e(t),  h(t) = omega + alpha · e(t−1)² + beta · h(t−1),  e(t) ~ N(0, h(t))
 *
 * Before the first return, e² and h are the mean of all e² (the convention of the benchmark of Fiorentini, Calzolari and
 * Panattoni 1996). Positive omega, alpha, beta and alpha + beta < 1 hold by construction: the fit moves freely in variables
 * of which they are functions. No variance targeting. A pure function of its returns: no chance, no clock (I9).
 */
import { minimize, type Sloped } from './minimize.ts';

export interface GarchParameters {
  readonly mean: number;
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
}

export interface GarchFit extends GarchParameters {
  readonly logLikelihood: number;
  /** Variance of the next return, in the square of the returns' unit. */
  readonly forecast: number;
}

/** The search begins at the likeliest of these: the surface is flat along alpha + beta. */
const STARTS: readonly (readonly [persistence: number, alpha: number])[] = [
  [0.5, 0.1],
  [0.9, 0.05],
  [0.9, 0.2],
  [0.98, 0.03],
  [0.98, 0.1],
];
/** Log likelihood is known to this; a difference below it means nothing. */
const TOLERANCE = 1e-10;
const STEPS_MAX = 1_000;

/** The most likely parameters; undefined when the returns do not vary or nothing is found. */
export function fitGarch(returns: readonly number[]): GarchFit | undefined {
  // Before any arithmetic: the rounded mean of equal values may differ from them.
  if (returns.every((value) => value === returns[0])) return undefined;
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length;
  if (!(variance > 0 && Number.isFinite(variance))) return undefined;
  const deviation = Math.sqrt(variance);
  // In units of the sample's own scale, so that the search is the same whatever the returns are counted in.
  const scaled = Float64Array.from(returns, (value) => (value - mean) / deviation);
  const start = STARTS.map(([persistence, alpha]) => [
    0,
    Math.log(1 - persistence),
    logit(persistence),
    logit(alpha / persistence),
  ])
    .map((at) => ({ at, value: costAt(scaled, at).value }))
    .reduce((least, next) => (next.value < least.value ? next : least));
  const found = minimize((at) => costAt(scaled, at), start.at, { tolerance: TOLERANCE, stepsMax: STEPS_MAX });
  if (!found.converged) return undefined;
  const { mean: shift, omega, alpha, beta } = parametersAt(found.at);
  const parameters = { mean: mean + shift * deviation, omega: omega * variance, alpha, beta };
  return { ...parameters, ...walk(returns, parameters) };
}

/** Log likelihood of the returns under these parameters, the constant −n/2 · ln 2π included. */
export function logLikelihood(returns: readonly number[], parameters: GarchParameters): number {
  return walk(returns, parameters).logLikelihood;
}

/** Follows the variance through the returns, as far as the variance of the return after the last. */
function walk(
  returns: readonly number[],
  { mean, omega, alpha, beta }: GarchParameters,
): { readonly logLikelihood: number; readonly forecast: number } {
  let before = 0;
  for (const value of returns) before += (value - mean) ** 2;
  let variance = omega + ((alpha + beta) * before) / returns.length;
  let sum = 0;
  for (const value of returns) {
    const squared = (value - mean) ** 2;
    sum += Math.log(variance) + squared / variance;
    variance = omega + alpha * squared + beta * variance;
  }
  return { logLikelihood: -0.5 * (returns.length * Math.log(2 * Math.PI) + sum), forecast: variance };
}

/** So many variances are multiplied before a logarithm is taken, which costs more than all the rest. */
const LOGARITHM_EVERY = 8;

/**
 * Half the sum of ln h + e²/h, which is the likelihood turned upside down without its constant, and its slope in the
 * variables of the search. The derivatives of h follow the recursion of h itself (Fiorentini et al. 1996, section 2).
 */
function costAt(returns: Float64Array, at: readonly number[]): Sloped {
  const { mean, omega, alpha, beta } = parametersAt(at);
  const count = returns.length;
  let error = 0;
  let square = 0;
  for (let index = 0; index < count; index += 1) {
    const e = (returns[index] as number) - mean;
    error += e;
    square += e * e;
  }
  const before = square / count;
  let variance = omega + (alpha + beta) * before;
  let [byMean, byOmega, byAlpha, byBeta] = [(-2 * (alpha + beta) * error) / count, 1, before, before];
  let [sum, product, meanSlope, omegaSlope, alphaSlope, betaSlope] = [0, 1, 0, 0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    const e = (returns[index] as number) - mean;
    const squared = e * e;
    const inverse = 1 / variance;
    const weight = (1 - squared * inverse) * inverse;
    product *= variance;
    if (index % LOGARITHM_EVERY === 0) {
      sum += Math.log(product);
      product = 1;
    }
    sum += squared * inverse;
    meanSlope += weight * byMean - 2 * e * inverse;
    omegaSlope += weight * byOmega;
    alphaSlope += weight * byAlpha;
    betaSlope += weight * byBeta;
    byMean = beta * byMean - 2 * alpha * e;
    byOmega = 1 + beta * byOmega;
    byAlpha = squared + beta * byAlpha;
    byBeta = variance + beta * byBeta;
    variance = omega + alpha * squared + beta * variance;
  }
  sum += Math.log(product);
  const persistence = logistic(at[2] as number);
  const share = logistic(at[3] as number);
  return {
    value: sum / 2,
    slope: [
      meanSlope / 2,
      (omegaSlope * omega) / 2,
      ((alphaSlope * share + betaSlope * (1 - share)) * persistence * (1 - persistence)) / 2,
      ((alphaSlope - betaSlope) * persistence * share * (1 - share)) / 2,
    ],
  };
}

/** The parameters at a point of the space without bounds that is searched. */
function parametersAt(at: readonly number[]): GarchParameters {
  const [mean = 0, size = 0, persistenceAt = 0, shareAt = 0] = at;
  const persistence = logistic(persistenceAt);
  const share = logistic(shareAt);
  return { mean, omega: Math.exp(size), alpha: persistence * share, beta: persistence * (1 - share) };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}
