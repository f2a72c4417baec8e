/* The pricing of runtime/mathematics.py and runtime/pricing/, the same operations in the same order, W options at once. */
#pragma once
#include "vectors.h"

#define UNKNOWN __builtin_nan("")
#define INFINITE __builtin_inf()

/* mathematics.py */

INLINE V exp_of(V x) {
  V inside = choose(x < -708.0, -708.0, choose(x > 709.4, 709.4, x));
  V k = (inside * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0;
  V r = (inside - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  V square = r * r;
  V even = 2.755727357010214e-07 + square * 2.0914717341716378e-09;
  even = 2.4801587325605324e-05 + square * even;
  even = 0.001388888888888373 + square * even;
  even = 0.04166666666666667 + square * even;
  even = 0.5 + square * even;
  V odd = 2.7557255297969643e-06 + square * 2.5105259538448494e-08;
  odd = 0.0001984126987490126 + square * odd;
  odd = 0.008333333333326112 + square * odd;
  odd = 0.1666666666666667 + square * odd;
  V y = scaled(1.0 + (r + square * (even + r * odd)), k);
  return choose(x < -708.0, 0.0, choose(x > 709.4, INFINITE, y));
}

INLINE V log_of(V x) {
  M tiny = x < 2.2250738585072014e-308;
  V grown = choose(tiny, x * 18014398509481984.0, x);
  V mantissa = mantissa_of(grown), exponent = exponent_of(grown);
  M high = mantissa > 1.4142135623730951;
  V m = choose(high, mantissa * 0.5, mantissa);
  V k = exponent + choose(high, 1.0, 0.0) - choose(tiny, 54.0, 0.0);
  V f = m - 1.0;
  V s = f / (2.0 + f);
  V z = s * s;
  V w = z * z;
  V even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  V odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  V half_square = 0.5 * (f * f);
  V y = k * 6.93147180369123816490e-01 - ((half_square - (s * (half_square + (even + odd)) + k * 1.90821492927058770002e-10)) - f);
  return choose(x > 0.0, choose(x == INFINITE, x, y), UNKNOWN);
}

INLINE V density_of(V x) { return 0.3989422804014327 * exp_of(-0.5 * (x * x)); }

INLINE V mills(V x) {
  V inverse = 1.0 / (x + 5.0);
  V t = 1.0 - 10.0 * inverse;
  V square = t * t;
  V even = -1.4573727205857554e-07 + square * 1.2912874213654849e-08;
  even = 1.0573006226025633e-06 + square * even;
  even = -6.9179805616112204e-06 + square * even;
  even = 4.180171633069977e-05 + square * even;
  even = -0.00014882918529688415 + square * even;
  even = -0.001999962677058995 + square * even;
  even = 0.052125502482600936 + square * even;
  even = 0.4136447157294455 + square * even;
  even = 1.2415470615739104 + square * even;
  even = 1.9280810471531578 + square * even;
  V odd = 7.476919614349497e-08 + square * -5.9226128658589914e-09;
  odd = -8.10888036367098e-07 + square * odd;
  odd = 9.956429010606643e-06 + square * odd;
  odd = -0.0001247270507920554 + square * odd;
  odd = 0.0013658565999337816 + square * odd;
  odd = -0.007503282358809736 + square * odd;
  odd = -0.17325473413322579 + square * odd;
  odd = -0.7859110755444265 + square * odd;
  odd = -1.6678665951889888 + square * odd;
  return inverse * (even + t * odd);
}

INLINE V normal(V x) {
  V size = magnitude(x);
  V tail = density_of(size) * mills(size);
  return choose(x > 0.0, 1.0 - tail, tail);
}

/* black.py; strikes and forwards are above 0 here, so that only a total volatility can be a zero divisor. */

INLINE V divide(V numerator, V denominator) { return choose(denominator == 0.0, UNKNOWN, numerator / denominator); }

INLINE V time_value_of(V lower, V higher, V log_ratio, V total) {
  V d1 = divide(log_ratio, total) + 0.5 * total;
  V minus_d2 = total - d1;
  M inside = d1 > 0.0;
  V scale = lower * density_of(d1);
  V tail = scale * mills(choose(inside, d1, -d1));
  V value = choose(inside, lower - tail, tail) - scale * mills(minus_d2);
  return choose(total == 0.0, 0.0, most(0.0, value));
}

INLINE V d1_of(V log_ratio, V total) {
  V without = choose(log_ratio > 0.0, 40.0, -40.0);
  return choose(total == 0.0, without, divide(log_ratio, total) + 0.5 * total);
}

INLINE V implied_total(V lower, V higher, V log_ratio, V time_value) {
  V x = most(-log_ratio, 1e-16);
  V wanted = divide(time_value, lower);
  M nothing = wanted < 1e-290;
  V m = 2.0 * (log_of(x) - (log_of(wanted) - 0.5 * x) - 0.9189385332046727);
  V near = exp_of(least(m, 1.0));
  V y = choose(m > 1.0, m - log_of(most(m, 1.0)), near / (1.0 + near));
  y = divide(y * ((1.0 + m) - log_of(y)), 1.0 + y);
  V v = divide(x, root(y));
  for (int step_number = 0; step_number < 2; step_number++) {
    V inverse = divide(all_of(1.0), v);
    V x_over_v = x * inverse;
    V d1 = 0.5 * v - x_over_v;
    M inside = d1 > 0.0;
    V density = density_of(d1);
    V tail = density * mills(choose(inside, d1, -d1));
    V value = choose(inside, 1.0 - tail, tail) - density * mills(v - d1);
    V inverse_value = divide(all_of(1.0), value);
    V slope = density * inverse_value;
    V step = divide(log_of(wanted * inverse_value) * value, density);
    V curvature = x_over_v * x_over_v * inverse - 0.25 * v;
    V second = curvature - slope;
    V third = curvature * curvature - 3.0 * (x_over_v * inverse) * (x_over_v * inverse) - 0.25;
    third = third - 3.0 * curvature * slope + 2.0 * (slope * slope);
    v = v + divide(step * (1.0 + 0.5 * second * step), 1.0 + second * step + third * (step * step) * (1.0 / 6.0));
  }
  return choose(nothing, 0.0, choose(time_value < lower, v, UNKNOWN));
}

/* spx_surface.py */

struct SpxTerms {
  V forward, discount, theta, phi;
};

INLINE V variance_to(const V *w, double days) {
  if (days <= 9.0) return w[0] * (days / 9.0);
  if (days <= 30.0) return w[0] + (w[1] - w[0]) * ((days - 9.0) / 21.0);
  if (days <= 93.0) return w[1] + (w[2] - w[1]) * ((days - 30.0) / 63.0);
  if (days <= 184.0) return w[2] + (w[3] - w[2]) * ((days - 93.0) / 91.0);
  return w[3] + (w[4] - w[3]) * ((days - 184.0) / 181.0);
}

INLINE SpxTerms spx_terms_of(V spx, V rate, const V *variances, V scale, V eta, double days) {
  double years = days / 365.0;
  V discount = exp_of(-rate * years);
  V forward = spx * exp_of((rate - 0.018) * years);
  V theta = variance_to(variances, days) / scale;
  V phi = choose(theta == 0.0, 0.0, divide(eta, root(theta * (1.0 + theta))));
  return {forward, discount, theta, phi};
}

INLINE V total_variance(V k, V theta, V phi, V rho) {
  V x = phi * k;
  V shifted = x + rho;
  return 0.5 * theta * (1.0 + rho * x + root(shifted * shifted + (1.0 - rho * rho)));
}

INLINE V spx_price(bool is_call, V strike, SpxTerms terms, V rho) {
  V k = log_of(strike / terms.forward);
  V volatility = root(total_variance(k, terms.theta, terms.phi, rho));
  M below = strike < terms.forward;
  V lower = choose(below, strike, terms.forward), higher = choose(below, terms.forward, strike);
  V time_value = time_value_of(lower, higher, choose(below, k, -k), volatility);
  V difference = terms.forward - strike;
  return terms.discount * (time_value + most(0.0, is_call ? difference : -difference));
}

INLINE V spx_delta(bool is_call, V strike, SpxTerms terms, V rho) {
  V k = log_of(strike / terms.forward);
  V d1 = d1_of(-k, root(total_variance(k, terms.theta, terms.phi, rho)));
  return normal(is_call ? d1 : -d1);
}

/* strikes.py; of two strikes equally near the one further out of the money. `gap` is how far off the delta of the one taken is. */

INLINE V nearer(bool is_call, double target, V lower, V lower_delta, V higher, V higher_delta, V *gap) {
  V lower_miss = magnitude(lower_delta - target), higher_miss = magnitude(higher_delta - target);
  M take_lower = is_call ? lower_miss < higher_miss : lower_miss <= higher_miss;
  M unknown = (lower_miss != lower_miss) | (higher_miss != higher_miss);
  *gap = choose(unknown, UNKNOWN, choose(take_lower, lower_miss, higher_miss));
  return choose(unknown, UNKNOWN, choose(take_lower, lower, higher));
}

INLINE V nearest_spx_strike(V level) { return most(5.0, rounded_down(level / 5.0 + 0.5) * 5.0); }

/* `g` is the normal quantile of the target. */
APART V spx_strike_for_delta(bool is_call, double target, double quantile, SpxTerms terms, V rho, V *gap) {
  V theta = terms.theta, phi = terms.phi;
  double g = is_call ? quantile : -quantile;
  V total = root(theta);
  V k = 0.5 * theta - g * total;
  for (int step = 0; step < 4; step++) {
    V x = phi * k + rho;
    V bend = root(x * x + (1.0 - rho * rho));
    total = root(total_variance(k, theta, phi, rho));
    V slope = (0.5 * theta * phi) * (rho + x / bend);
    V miss = k + g * total - 0.5 * (total * total);
    k = k - miss / (1.0 + (0.5 * g / total - 0.5) * slope);
  }
  V lower = most(5.0, rounded_down(terms.forward * exp_of(k) / 5.0) * 5.0);
  V higher = lower + 5.0;
  V lower_delta = spx_delta(is_call, lower, terms, rho), higher_delta = spx_delta(is_call, higher, terms, rho);
  return nearer(is_call, target, lower, lower_delta, higher, higher_delta, gap);
}

/* vix_level.py: `row` is the table's row for whole days to settlement. */

INLINE V polynomial(const double *c, int count, V t) {
  V value = t * c[count - 1] + c[count - 2];
  for (int place = count - 3; place >= 0; place--) value = value * t + c[place];
  return value;
}

INLINE V level_in(V wanted, V q, const double *row, int first, double centre, double reach) {
  V t = (q - centre) / reach;
  V lowest = polynomial(row + first, EDGES, t);
  V z = divide(wanted - lowest, polynomial(row + first + EDGES, EDGES, t));
  z = choose(z < 0.0, 0.0, choose(z > 1.0, 1.0, z));
  const double *shape = row + first + 2 * EDGES;
  V y = 2.0 * z - 1.0;
  V value = polynomial(shape + (SHAPE_Z - 1) * SHAPE_Q, SHAPE_Q, t);
  for (int power = SHAPE_Z - 2; power >= 0; power--) value = value * y + polynomial(shape + power * SHAPE_Q, SHAPE_Q, t);
  return row[HIGHEST_LEVEL] * root(z * value);
}

INLINE V volatility_level(V future, V vvix, double days, const double *table) {
  if (days < 1.0) return future * 0.0;
  if (days > LONGEST_DAYS) return future * UNKNOWN;
  const double *row = table + (long)days * LEVEL_COLUMNS;
  V at_term = (92.0 + (vvix - 92.0) * row[REVERSION]) * row[SAMUELSON] / 100.0;
  V wanted = at_term * at_term * (0.5 * (days / 365.0));
  V bounded = choose(future < LOWEST_FORWARD, LOWEST_FORWARD, choose(future > HIGHEST_FORWARD, HIGHEST_FORWARD, future));
  V q = root(1.0 / bounded);
  M low = future < SPIKE_FORWARD;
  if (all(low)) return level_in(wanted, q, row, LOW_PIECE, LOW_CENTRE, LOW_REACH);
  V level = level_in(wanted, q, row, HIGH_PIECE, HIGH_CENTRE, HIGH_REACH);
  if (any(low)) level = choose(low, level_in(wanted, q, row, LOW_PIECE, LOW_CENTRE, LOW_REACH), level);
  return level;
}

/* vix_options.py */

struct VixTerms {
  V future, discount, floor, calm, spike, log_calm, log_spike, probability, calm_volatility, spike_volatility;
};
#define VIX_TERMS 10

APART void vix_terms_of(VixTerms *terms, const V *future_at, const V *vvix, const V *rate, double days, const double *table) {
  V future = *future_at;
  V level = volatility_level(future, *vvix, days, table);
  double probability = table[(long)(days < LONGEST_DAYS ? days : LONGEST_DAYS) * LEVEL_COLUMNS + PROBABILITY];
  double years = days / 365.0;
  V ratio = least(divide(all_of(14.0), future), 1.0);
  V growth = 1.0 + 1.9 * (ratio * root(ratio));
  terms->future = future;
  terms->discount = exp_of(-*rate * years);
  terms->floor = least(0.8 * future, 9.0);
  terms->calm = (future - terms->floor) / ((1.0 - probability) + probability * growth);
  terms->spike = terms->calm * growth;
  terms->log_calm = log_of(terms->calm);
  terms->log_spike = log_of(terms->spike);
  terms->probability = choose(future != future, future, probability);
  terms->calm_volatility = level * __builtin_sqrt(years);
  terms->spike_volatility = root(terms->calm_volatility * terms->calm_volatility + 0.25 * 0.25);
}

INLINE V state_value(V forward, V log_forward, V strike, V log_strike, V volatility) {
  M below = strike < forward;
  V log_ratio = log_strike - log_forward;
  return time_value_of(choose(below, strike, forward), choose(below, forward, strike), choose(below, log_ratio, -log_ratio), volatility);
}

INLINE V vix_undiscounted(M is_call, V strike, const VixTerms *t) {
  V above = strike - t->floor;
  V log_strike = log_of(above);
  V calm_difference = choose(is_call, t->calm - above, above - t->calm);
  V spike_difference = choose(is_call, t->spike - above, above - t->spike);
  V calm_value = state_value(t->calm, t->log_calm, above, log_strike, t->calm_volatility) + most(0.0, calm_difference);
  V spike_value = state_value(t->spike, t->log_spike, above, log_strike, t->spike_volatility) + most(0.0, spike_difference);
  V certain = choose(is_call, t->future - strike, 0.0);
  return choose(above <= 0.0, certain, (1.0 - t->probability) * calm_value + t->probability * spike_value);
}

INLINE V vix_call_price(V strike, const VixTerms *t) { return t->discount * vix_undiscounted(every_lane(), strike, t); }

APART V vix_call_delta(V strike, const VixTerms *t) {
  V k = log_of(strike / t->future);
  M below = strike < t->future;
  V lower = choose(below, strike, t->future), higher = choose(below, t->future, strike);
  V time_value = vix_undiscounted(~below, strike, t);
  return normal(d1_of(-k, implied_total(lower, higher, choose(below, k, -k), time_value)));
}

INLINE V vix_strike_of_rank(V rank) {
  V half = 0.5 * least(rank, 30.0);
  V one = least(most(rank - 30.0, 0.0), 15.0);
  V two_and_a_half = 2.5 * least(most(rank - 45.0, 0.0), 8.0);
  return half + one + two_and_a_half + 5.0 * most(rank - 53.0, 0.0);
}

INLINE V vix_rank_of_strike(V strike) {
  V half = 2.0 * least(strike, 15.0);
  V one = least(most(strike - 15.0, 0.0), 15.0);
  V two_and_a_half = 0.4 * least(most(strike - 30.0, 0.0), 20.0);
  return half + one + two_and_a_half + 0.2 * most(strike - 50.0, 0.0);
}

/* The terms of W / 2 lanes, the same in both halves: the low half looks at a strike, the high half at the next, and each tells the other. */
APART V vix_call_for_delta(double target, double quantile, const VixTerms *t, V *gap) {
  M is_next = in_high_half();
  V step = choose(is_next, 1.0, 0.0);
  V c = divide(vix_undiscounted(every_lane(), t->future, t), t->future);
  V square = c * c;
  V volatility = c * (2.5066282746310002 + square * (0.656233747738434 + square * 0.3607833461632333));
  V scale = divide(volatility, density_of(all_of(quantile)));
  V guess = rounded_down(vix_rank_of_strike(t->future * exp_of(volatility * (0.5 * volatility - quantile))));
  V low = t->future * 0.0 + 2.0, high = low + 128.0;
  V rank = least(most(guess, low), high - 1.0);
  V delta = t->future * UNKNOWN;
  M searching = volatility == volatility;
  for (int turn = 0; any(searching); turn++) {
    V strike = vix_strike_of_rank(rank + step);
    V found = vix_call_delta(strike, t);
    delta = choose(searching, found, delta);
    V over = found - target;
    V lower_over = choose(is_next, halves_swapped(over), over), higher_over = choose(is_next, over, halves_swapped(over));
    M below = searching & (lower_over < 0.0) & (rank > low);
    M above = searching & (higher_over >= 0.0) & (rank + 1.0 < high) & ~below;
    high = choose(below, rank, high);
    low = choose(above, rank + 1.0, low);
    searching = below | above;
    V moved = strike * exp_of(over * scale);
    moved = choose(above, choose(is_next, moved, halves_swapped(moved)), choose(is_next, halves_swapped(moved), moved));
    moved = least(most(rounded_down(vix_rank_of_strike(moved)), low), high - 1.0);
    rank = choose(searching, turn < 7 ? moved : rounded_down(0.5 * (low + high)), rank);
  }
  V other = halves_swapped(delta);
  return nearer(true, target, vix_strike_of_rank(rank), choose(is_next, other, delta), vix_strike_of_rank(rank + 1.0), choose(is_next, delta, other), gap);
}

/* For the lanes of `bits`, half a block at a time, since mostly one or two ask; the others keep what they have. */
APART void vix_calls_for_delta(double target, double quantile, const VixTerms *terms, unsigned long bits, V *strike, V *gap) {
  while (bits) {
    VixTerms packed;
    int lanes[W / 2], count = 0;
    for (; bits && count < W / 2; bits &= bits - 1) lanes[count++] = __builtin_ctzl(bits);
    const double *from = (const double *)terms;
    double *to = (double *)&packed;
    for (int term = 0; term < VIX_TERMS; term++)
      for (int place = 0; place < W / 2; place++)
        to[term * W + place] = to[term * W + W / 2 + place] = from[term * W + lanes[place < count ? place : 0]];
    V found_gap, found = vix_call_for_delta(target, quantile, &packed, &found_gap);
    for (int place = 0; place < count; place++) {
      ((double *)strike)[lanes[place]] = lane_of(&found, place);
      ((double *)gap)[lanes[place]] = lane_of(&found_gap, place);
    }
  }
}

/* futures_curve.py and costs.py */

INLINE V interpolate_log(V f0, double t0, V f1, double t1, double t) {
  return f0 * exp_of(log_of(divide(f1, f0)) * (t1 == t0 ? UNKNOWN : (t - t0) / (t1 - t0)));
}

INLINE V stress_of(V vix) { return least(4.0, most(1.0, vix / 20.0)); }

INLINE V spx_half_spread(V price, double era, V stress) {
  V at = root(price);
  V width = 0.10 + 0.75 * at;
  if (era == 1.0) {
    width = 0.05 + 0.10 * at;
  } else if (era > 0.0) {
    V early = log_of(width);
    width = exp_of(early + era * (log_of(0.05 + 0.10 * at) - early));
  }
  return 0.5 * width * stress;
}

INLINE V vix_half_spread(V price, V stress) { return 0.5 * (0.05 + 0.08 * root(price)) * stress; }
