/* `alvh_442_contracts` by hand in C, W paths side by side: benchmarks/hand_written_442.py with every number a block of lanes.
 *
 * What the paths share (calendar, expiries, which of them a layer would choose) is scalar; what differs by path happens under masks. Lots
 * stand in each path's first free slot, so the slots of one block may hold different expiries: their terms are then gathered.
 * benchmarks/lane_kernel_442.py defines the upper-case constants that no file here does, and requires the same bits as the engine's. */
#include <stdlib.h>

#include "pricing.h"

enum { LEGS = 4, SHORT_PUT = 0, LONG_PUT, SHORT_CALL, LONG_CALL };
enum { LAYERS = 3, FRONT = 0, MEDIUM, FAR };
enum { CASH = 0, FLOW, INTEREST = FLOW + 1 + LAYERS, FEES, MONEY };
enum { R_EQUITY = 0, R_CASH, R_INTEREST, R_FEES, R_PROFIT, RECORD = R_PROFIT + 1 + LAYERS };
enum { INCOMING = ROOM, OPENING, ASKS };
/* Asks of a layer's turn, in order: rolls by slot, what is rolled in, the opening. */

static const double CALLS[LAYERS] = {4.0, 4.0, 2.0};
static const double DAYS[LAYERS] = {30.0, 110.0, 220.0};
static const double ROLL_AT[LAYERS] = {10.0, 45.0, 110.0};

struct Market {
  const double *values; /* [bars, ROWS, W] */
  const long *sessions, *week_start;
  const double *era;
  const long *front_future;
  const long *spx_day, *spx_bar, *spx_listed, *spx_is_am;
  const long *vix_day, *vix_bar, *vix_listed, *vix_monthly, *vix_month, *month_day;
  const double *level;
  long first, last, spx_expiries, vix_expiries, months;
};

struct Condor {
  V structures, expiry, day, settles, worst, stale;
  V strike[LEGS], fill[LEGS], mid[LEGS], half[LEGS];
  long shared; /* the expiry of all paths that hold this lot, or -1 */
};

struct Call {
  V structures, own, expiry, day, settles, stale, strike, fill, mid, half;
  long shared;
};

struct Row {
  V slot, cut, filled, price, cost, expiry, strike[LEGS];
};

struct Ask {
  M there;
  V wanted, asked;
};

struct Run {
  const Market *market;
  long bar;
  const double *today;
  V rho, stress;
  V money[MONEY];
  Condor condors[CONDOR_LOTS];
  Call calls[LAYERS][ROOM];
  V last_refusal[1 + LAYERS];
  M refused[1 + LAYERS];
  V inverted, stressed; /* 1 while a rule unwinds */
  V incoming;
  V rsi_before, rsi_gain, rsi_loss, rsi_seen;
  double *spx_terms; /* [expiries, 4, W] */
  VixTerms *vix_terms;
  long *spx_terms_bar, *vix_terms_bar;
  double *journal; /* [W, capacity, JOURNAL_COLUMNS] */
  long capacity;
  long *rows; /* [W] */
  M out_of_room;
};

INLINE V at(const Run *run, int row) { return load(run->today + row * W); }

/* The journal ------------------------------------------------------------------------------------------------------------------------*/

APART void write_rows(Run *run, M mask, int layer, double action, const Row *row) {
  for (unsigned long lanes = bits_of(mask); lanes; lanes &= lanes - 1) {
    int lane = __builtin_ctzl(lanes);
    long place = run->rows[lane]++;
    if (place >= run->capacity) continue;
    double *line = run->journal + (lane * run->capacity + place) * JOURNAL_COLUMNS;
    line[J_BAR] = run->bar;
    line[J_LAYER] = layer;
    line[J_SLOT] = lane_of(&row->slot, lane);
    line[J_ACTION] = action;
    line[J_CUT] = lane_of(&row->cut, lane);
    line[J_FILLED] = lane_of(&row->filled, lane);
    line[J_PRICE] = lane_of(&row->price, lane);
    line[J_COST] = lane_of(&row->cost, lane);
    line[J_EXPIRY] = lane_of(&row->expiry, lane);
    for (int leg = 0; leg < LEGS; leg++) line[J_STRIKE + leg] = lane_of(&row->strike[leg], lane);
  }
}

APART void refuse(Run *run, M mask, int layer, const Row *row) {
  run->refused[layer] = run->refused[layer] | mask;
  M said = mask & (run->last_refusal[layer] != row->cut);
  if (!any(said)) return;
  run->last_refusal[layer] = choose(said, row->cut, run->last_refusal[layer]);
  write_rows(run, said, layer, REFUSED, row);
}

static Row unchosen(V slot, V code) {
  V unknown = all_of(UNKNOWN), nothing = all_of(0.0);
  return {slot, code, nothing, unknown, nothing, unknown, {unknown, unknown, unknown, unknown}};
}

/* Terms of expiries, once a bar ------------------------------------------------------------------------------------------------------*/

APART void find_spx_terms(Run *run, long expiry) {
  if (run->spx_terms_bar[expiry] == run->bar) return;
  run->spx_terms_bar[expiry] = run->bar;
  const Market *market = run->market;
  V variances[5];
  for (int node = 0; node < 5; node++) variances[node] = at(run, W9 + node);
  double days = market->spx_day[expiry] - market->sessions[run->bar];
  SpxTerms terms = spx_terms_of(at(run, SPX), at(run, RATE), variances, at(run, SCALE), at(run, ETA), days);
  double *row = run->spx_terms + expiry * 4 * W;
  store(row, terms.forward);
  store(row + W, terms.discount);
  store(row + 2 * W, terms.theta);
  store(row + 3 * W, terms.phi);
}

INLINE SpxTerms shared_spx_terms(Run *run, long expiry) {
  find_spx_terms(run, expiry);
  const double *row = run->spx_terms + expiry * 4 * W;
  return {load(row), load(row + W), load(row + 2 * W), load(row + 3 * W)};
}

INLINE SpxTerms held_spx_terms(Run *run, const Condor *lot, M held) {
  if (lot->shared >= 0) return shared_spx_terms(run, lot->shared);
  for (unsigned long lanes = bits_of(held); lanes; lanes &= lanes - 1)
    find_spx_terms(run, (long)lane_of(&lot->expiry, __builtin_ctzl(lanes)));
  V row = lot->expiry * 4.0;
  return {gather(run->spx_terms, row), gather(run->spx_terms, row + 1.0), gather(run->spx_terms, row + 2.0),
          gather(run->spx_terms, row + 3.0)};
}

INLINE V monthly_future(const Run *run, long month) {
  long rank = month - run->market->front_future[run->bar];
  return rank >= 0 && rank < FUTURES ? at(run, VX1 + rank) : all_of(UNKNOWN);
}

static V same_expiry_future(const Run *run, long expiry) {
  const Market *market = run->market;
  long month = market->vix_month[expiry], today = market->sessions[run->bar];
  if (market->vix_monthly[expiry] == 1) return monthly_future(run, month);
  if (month >= market->months) return all_of(UNKNOWN);
  V earlier = at(run, VIX);
  double earlier_days = 0.0;
  if (month > market->front_future[run->bar]) {
    earlier = monthly_future(run, month - 1);
    earlier_days = market->month_day[month - 1] - today;
  }
  return interpolate_log(earlier, earlier_days, monthly_future(run, month), market->month_day[month] - today,
                         market->vix_day[expiry] - today);
}

APART const VixTerms *shared_vix_terms(Run *run, long expiry) {
  VixTerms *terms = &run->vix_terms[expiry];
  if (run->vix_terms_bar[expiry] != run->bar) {
    run->vix_terms_bar[expiry] = run->bar;
    V future = same_expiry_future(run, expiry), vvix = at(run, VVIX), rate = at(run, RATE);
    vix_terms_of(terms, &future, &vvix, &rate, run->market->vix_day[expiry] - run->market->sessions[run->bar], run->market->level);
  }
  return terms;
}

INLINE const VixTerms *held_vix_terms(Run *run, const Call *lot, M held, VixTerms *gathered) {
  if (lot->shared >= 0) return shared_vix_terms(run, lot->shared);
  for (unsigned long lanes = bits_of(held); lanes; lanes &= lanes - 1)
    shared_vix_terms(run, (long)lane_of(&lot->expiry, __builtin_ctzl(lanes)));
  V row = lot->expiry * (double)VIX_TERMS;
  V *terms = (V *)gathered;
  for (int term = 0; term < VIX_TERMS; term++) terms[term] = gather((const double *)run->vix_terms, row + (double)term);
  return gathered;
}

/* The expiry that all paths in a mask share, else -1. */
static long shared_expiry(M held, const V *expiry) {
  unsigned long lanes = bits_of(held);
  if (!lanes) return 0;
  long first = (long)lane_of(expiry, __builtin_ctzl(lanes));
  return bits_of(held & (*expiry != (double)first)) ? -1 : first;
}

/* Marks and sums ---------------------------------------------------------------------------------------------------------------------*/

INLINE V at_bid(V mid, V half) {
  V bid = mid - half;
  return choose(bid > 0.0, bid, 0.0);
}

INLINE V payoff(bool is_call, V strike, V price) {
  V value = is_call ? price - strike : strike - price;
  return choose(value > 0.0, value, 0.0);
}

/* Paths on which some lot has been without a price for too long. */
APART M mark(Run *run) {
  double era = run->market->era[run->bar];
  V rho = run->rho, stress = run->stress;
  M stopped = no_lane();
  for (int slot = 0; slot < CONDOR_LOTS; slot++) {
    Condor *lot = &run->condors[slot];
    M held = lot->structures > 0.0;
    if (!any(held)) continue;
    SpxTerms terms = held_spx_terms(run, lot, held);
    M missing = no_lane();
    for (int leg = 0; leg < LEGS; leg++) {
      V mid = spx_price(leg >= SHORT_CALL, lot->strike[leg], terms, rho);
      V half = spx_half_spread(mid, era, stress);
      M known = half == half;
      if (any(held & ~known)) {
        missing = missing | ~known;
        mid = choose(known, mid, lot->mid[leg]);
        half = choose(known, half, spx_half_spread(mid, era, stress));
      }
      lot->mid[leg] = mid;
      lot->half[leg] = half;
    }
    lot->stale = choose(missing, lot->stale + 1.0, 0.0);
    stopped = stopped | (held & (lot->stale > MOST_STALE_BARS));
  }
  for (int layer = 0; layer < LAYERS; layer++)
    for (int slot = 0; slot < ROOM; slot++) {
      Call *lot = &run->calls[layer][slot];
      M held = lot->structures > 0.0;
      if (!any(held)) continue;
      VixTerms gathered;
      V mid = vix_call_price(lot->strike, held_vix_terms(run, lot, held, &gathered));
      V half = vix_half_spread(mid, stress);
      M known = half == half;
      lot->stale = choose(known, 0.0, lot->stale + 1.0);
      mid = choose(known, mid, lot->mid);
      lot->mid = mid;
      lot->half = choose(known, half, vix_half_spread(mid, stress));
      stopped = stopped | (held & (lot->stale > MOST_STALE_BARS));
    }
  return stopped;
}

INLINE V points(const V *price) { return -price[SHORT_PUT] + price[LONG_PUT] - price[SHORT_CALL] + price[LONG_CALL]; }

#define SUM_OF_CONDORS(each)                                  \
  V sum = all_of(0.0);                                        \
  for (int slot = 0; slot < CONDOR_LOTS; slot++) {            \
    const Condor *lot = &run->condors[slot];                  \
    M held = lot->structures > 0.0;                           \
    if (any(held)) sum = sum + choose(held, (each), 0.0);     \
  }                                                           \
  return sum;

static V condor_value(const Run *run) { SUM_OF_CONDORS(points(lot->mid) * lot->structures * 100.0) }
static V condor_margin(const Run *run) { SUM_OF_CONDORS(lot->worst * lot->structures * 100.0) }
static V condor_credit(const Run *run) { SUM_OF_CONDORS(most(-points(lot->fill), 0.0) * lot->structures * 100.0) }

static V call_value(const Run *run, int layer) {
  V value = all_of(0.0);
  for (int slot = 0; slot < ROOM; slot++) {
    const Call *lot = &run->calls[layer][slot];
    M held = lot->structures > 0.0;
    if (any(held)) value = value + choose(held, lot->mid * lot->structures * 100.0, 0.0);
  }
  return value;
}

static V call_cost(const Run *run) {
  V cost = all_of(0.0);
  for (int layer = 0; layer < LAYERS; layer++)
    for (int slot = 0; slot < ROOM; slot++) {
      const Call *lot = &run->calls[layer][slot];
      M held = lot->structures > 0.0;
      if (any(held)) cost = cost + choose(held, lot->fill * lot->structures * 100.0, 0.0);
    }
  return cost;
}

static V quick_ratio(const Run *run) {
  V liquid = all_of(0.0), due = liquid;
  double today = run->market->sessions[run->bar];
  for (int slot = 0; slot < CONDOR_LOTS; slot++) {
    const Condor *lot = &run->condors[slot];
    M held = lot->structures > 0.0;
    if (!any(held)) continue;
    M is_near = held & (lot->day - today <= QUICK_DAYS);
    for (int leg = 0; leg < LEGS; leg++) {
      V mid = lot->mid[leg], half = lot->half[leg];
      if (leg == LONG_PUT || leg == LONG_CALL) {
        V bid = at_bid(mid, half);
        liquid = liquid + choose(held & (mid + half - bid <= QUICK_WIDTH * mid), bid * lot->structures * 100.0, 0.0);
      } else {
        due = due + choose(is_near, (mid + half) * lot->structures * 100.0, 0.0);
      }
    }
  }
  for (int layer = 0; layer < LAYERS; layer++)
    for (int slot = 0; slot < ROOM; slot++) {
      const Call *lot = &run->calls[layer][slot];
      M held = lot->structures > 0.0;
      if (!any(held)) continue;
      V bid = at_bid(lot->mid, lot->half);
      M is_narrow = held & (lot->mid + lot->half - bid <= QUICK_WIDTH * lot->mid);
      liquid = liquid + choose(is_narrow, bid * lot->structures * 100.0, 0.0);
    }
  V cash = run->money[CASH];
  V divisor = due + most(condor_margin(run) - cash, 0.0);
  return choose(divisor == 0.0, INFINITE, (cash + liquid) / divisor);
}

/* Signals ----------------------------------------------------------------------------------------------------------------------------*/

static V step_rsi(Run *run, V x) {
  const double n = RSI_SESSIONS;
  V unknown = all_of(UNKNOWN);
  M known = x == x, begun = known & (run->rsi_before == run->rsi_before);
  V change = x - run->rsi_before;
  V gain = choose(change > 0.0, change, 0.0), loss = choose(change < 0.0, run->rsi_before - x, 0.0);
  M warm = run->rsi_seen >= n;
  V seen = choose(warm, run->rsi_seen, run->rsi_seen + 1.0);
  V gains = choose(warm, (run->rsi_gain * (n - 1.0) + gain) / n, run->rsi_gain + gain);
  V losses = choose(warm, (run->rsi_loss * (n - 1.0) + loss) / n, run->rsi_loss + loss);
  M filled = ~warm & (seen >= n);
  gains = choose(filled, gains / n, gains);
  losses = choose(filled, losses / n, losses);
  run->rsi_before = x;
  run->rsi_gain = choose(begun, gains, choose(known, all_of(0.0), unknown));
  run->rsi_loss = choose(begun, losses, choose(known, all_of(0.0), unknown));
  run->rsi_seen = choose(begun, seen, 0.0);
  V both = gains + losses;
  return choose(begun & (seen >= n), choose(both != 0.0, 100.0 * (gains / both), 0.0), unknown);
}

static V diverges(const Run *run) {
  const int n = DIVERGENCE_SESSIONS;
  if (run->bar < n) return all_of(UNKNOWN);
  V changes[DIVERGENCE_SESSIONS];
  V top = all_of(-INFINITE), breadth_top = top, total = all_of(0.0);
  M unknown = no_lane();
  const double *day = run->today - (n - 1) * ROWS * W;
  V before = load(day - ROWS * W + AD_LINE * W);
  for (int back = 0; back < n; back++, day += ROWS * W) {
    V spx = load(day + SPX * W), breadth = load(day + AD_LINE * W);
    V change = breadth - before;
    before = breadth;
    unknown = unknown | (spx != spx) | (change != change);
    top = choose(spx > top, spx, top);
    breadth_top = choose(breadth > breadth_top, breadth, breadth_top);
    total = total + change;
    changes[back] = change;
  }
  V mean = total / (double)n, squares = all_of(0.0);
  for (int back = 0; back < n; back++) {
    V off = changes[back] - mean;
    squares = squares + off * off;
  }
  V deviation = root(squares / (double)n);
  M holds = (at(run, SPX) >= 0.9975 * top) & (at(run, AD_LINE) < breadth_top - 0.5 * deviation * __builtin_sqrt((double)n));
  return choose(unknown, UNKNOWN, choose(holds, 1.0, 0.0));
}

/* The condors ------------------------------------------------------------------------------------------------------------------------*/

INLINE Row row_of_condor(const Condor *lot, int slot) {
  Row row;
  row.slot = all_of(slot);
  row.cut = all_of(NO_REASON);
  row.filled = lot->structures;
  row.expiry = lot->expiry;
  for (int leg = 0; leg < LEGS; leg++) row.strike[leg] = lot->strike[leg];
  return row;
}

static void settle_condors(Run *run) {
  for (int slot = 0; slot < CONDOR_LOTS; slot++) {
    Condor *lot = &run->condors[slot];
    M settles = (lot->structures > 0.0) & (lot->settles <= (double)run->bar);
    if (!any(settles)) continue;
    V is_am = all_of(0.0);
    for (unsigned long lanes = bits_of(settles); lanes; lanes &= lanes - 1) {
      int lane = __builtin_ctzl(lanes);
      ((double *)&is_am)[lane] = run->market->spx_is_am[(long)lane_of(&lot->expiry, lane)];
    }
    V print = choose(is_am == 1.0, at(run, SPX_AM), at(run, SPX));
    V worth[LEGS];
    for (int leg = 0; leg < LEGS; leg++) worth[leg] = choose(print == print, payoff(leg >= SHORT_CALL, lot->strike[leg], print), lot->mid[leg]);
    Row row = row_of_condor(lot, slot);
    row.price = points(worth);
    row.cost = all_of(0.0);
    V amount = row.price * lot->structures * 100.0;
    run->money[CASH] = choose(settles, run->money[CASH] + amount, run->money[CASH]);
    run->money[FLOW] = choose(settles, run->money[FLOW] + amount, run->money[FLOW]);
    write_rows(run, settles, 0, SETTLE, &row);
    lot->structures = choose(settles, 0.0, lot->structures);
  }
}

static void close_condors(Run *run) {
  double today = run->market->sessions[run->bar];
  V *money = run->money;
  for (int slot = 0; slot < CONDOR_LOTS; slot++) {
    Condor *lot = &run->condors[slot];
    V structures = lot->structures;
    M held = (structures > 0.0) & (lot->stale == 0.0);
    if (!any(held)) continue;
    V entry = points(lot->fill);
    V profit = points(lot->mid) * structures * 100.0 - entry * structures * 100.0;
    V credit = most(-entry, 0.0) * structures * 100.0;
    M closes = held & ((profit >= TAKE_PROFIT * credit) | (-profit >= STOP * credit) | (lot->day - today <= TIME_STOP));
    if (!any(closes)) continue;
    V value[LEGS], off_mid = all_of(0.0);
    for (int leg = 0; leg < LEGS; leg++) {
      V mid = lot->mid[leg], half = lot->half[leg], bid = at_bid(mid, half);
      bool is_long = leg == LONG_PUT || leg == LONG_CALL;
      value[leg] = is_long ? bid : mid + half;
      off_mid = off_mid + (is_long ? mid - bid : half);
    }
    Row row = row_of_condor(lot, slot);
    row.price = points(value);
    V fee = CONDOR_FEE * structures;
    V amount = row.price * structures * 100.0;
    row.cost = fee + off_mid * structures * 100.0;
    money[CASH] = choose(closes, money[CASH] + amount - fee, money[CASH]);
    money[FLOW] = choose(closes, money[FLOW] + amount - fee, money[FLOW]);
    money[FEES] = choose(closes, money[FEES] + row.cost, money[FEES]);
    write_rows(run, closes, 0, CLOSE, &row);
    lot->structures = choose(closes, 0.0, structures);
  }
}

static long choose_condor_expiry(const Market *market, long bar, long next) {
  long found = -1;
  double least = INFINITE;
  for (long expiry = next; expiry < market->spx_expiries; expiry++) {
    double days = market->spx_day[expiry] - market->sessions[bar];
    if (days > LONGEST) break;
    double distance = __builtin_fabs(days - 0.5 * (SHORTEST + LONGEST));
    if (days >= SHORTEST && distance < least && market->spx_listed[expiry] <= bar) found = expiry, least = distance;
  }
  return found;
}

APART void open_condors(Run *run, M wants, long next, V equity, V wing) {
  const Market *market = run->market;
  V *money = run->money;
  V nowhere = all_of(-1.0), rho = run->rho;
  double era = market->era[run->bar];
  long expiry = choose_condor_expiry(market, run->bar, next);
  if (expiry < 0) {
    Row row = unchosen(nowhere, all_of(NO_EXPIRY));
    refuse(run, wants, 0, &row);
    return;
  }
  SpxTerms terms = shared_spx_terms(run, expiry);
  V known = terms.forward + terms.discount + terms.theta + terms.phi + rho;
  V refusal = choose(known == known, (double)NO_REASON, (double)NO_PRICE);
  V strike[LEGS], mid[LEGS], half[LEGS], fill[LEGS], gap[2];
  for (int side = 0; side < 2; side++) {
    V found = spx_strike_for_delta(side, CONDOR_DELTA, CONDOR_QUANTILE, terms, rho, &gap[side]);
    strike[2 * side] = found;
    strike[2 * side + 1] = nearest_spx_strike(side ? found + wing : found - wing);
  }
  M is_found = (gap[0] <= REFUSED_DELTA_GAP) & (gap[1] <= REFUSED_DELTA_GAP) & (wing > 0.0);
  refusal = choose((refusal == (double)NO_REASON) & ~is_found, (double)NO_STRIKE, refusal);
  V off_mid = all_of(0.0);
  M has_prices = every_lane(), has_bids = has_prices;
  for (int leg = 0; leg < LEGS; leg++) {
    mid[leg] = spx_price(leg >= SHORT_CALL, strike[leg], terms, rho);
    half[leg] = spx_half_spread(mid[leg], era, run->stress);
    V bid = at_bid(mid[leg], half[leg]);
    bool is_long = leg == LONG_PUT || leg == LONG_CALL;
    has_prices = has_prices & (half[leg] == half[leg]);
    if (!is_long) has_bids = has_bids & (bid > 0.0);
    fill[leg] = is_long ? mid[leg] + half[leg] : bid;
    off_mid = off_mid + (is_long ? half[leg] : mid[leg] - bid);
  }
  V debit = points(fill);
  refusal = choose((refusal == (double)NO_REASON) & ~(has_prices & has_bids), choose(has_prices, (double)NO_BID, (double)NO_PRICE), refusal);
  M refused = wants & (refusal != (double)NO_REASON);
  if (any(refused)) {
    Row row = unchosen(nowhere, refusal);
    refuse(run, refused, 0, &row);
  }
  M asks = wants & ~refused;
  if (!any(asks)) return;

  V worst = all_of(0.0);
  for (int point = -1; point < LEGS; point++) {
    V value[LEGS];
    for (int leg = 0; leg < LEGS; leg++) value[leg] = payoff(leg >= SHORT_CALL, strike[leg], point < 0 ? all_of(0.0) : strike[point]);
    V loss = -points(value);
    worst = choose(loss > worst, loss, worst);
  }
  V loss = (worst + debit) * 100.0 + CONDOR_FEE;
  V wanted = choose(loss != 0.0, RISK * equity / loss, UNKNOWN);
  V need = debit * 100.0 + CONDOR_FEE + worst * 100.0;
  V available = money[CASH] - condor_margin(run);
  M is_cut = (wanted > 0.0) & (need > 0.0) & (wanted * need > available);
  V code = choose(equity != equity, all_of(SIZE_UNKNOWN),
                  choose(loss > 0.0, choose(wanted > 0.0, (double)NO_REASON, (double)SIZE_NOT_POSITIVE), (double)NO_DEBIT));
  wanted = choose((code == (double)NO_REASON) & is_cut, wanted * (most(available, 0.0) / (wanted * need)), wanted);
  V structures = choose(code == (double)NO_REASON, rounded_down(wanted + 1e-9), 0.0);
  Row row;
  row.expiry = all_of(expiry);
  row.price = debit;
  for (int leg = 0; leg < LEGS; leg++) row.strike[leg] = strike[leg];
  M none = asks & (structures == 0.0);
  if (any(none)) {
    row.slot = nowhere;
    row.cut = choose(code == (double)NO_REASON, choose(is_cut, (double)CUT_BY_CASH, (double)LESS_THAN_ONE), code);
    row.filled = row.cost = all_of(0.0);
    refuse(run, none, 0, &row);
  }
  M buys = asks & ~none;
  if (!any(buys)) return;
  V fee = CONDOR_FEE * structures;
  row.cost = fee + off_mid * structures * 100.0;
  row.filled = structures;
  M is_flagged = (gap[0] > FLAGGED_DELTA_GAP) | (gap[1] > FLAGGED_DELTA_GAP);
  row.cut = choose(is_cut, all_of(CUT_BY_CASH), choose(is_flagged, (double)DELTA_FLAGGED, (double)NO_REASON));
  money[CASH] = choose(buys, money[CASH] - debit * structures * 100.0 - fee, money[CASH]);
  money[FLOW] = choose(buys, money[FLOW] - debit * structures * 100.0 - fee, money[FLOW]);
  money[FEES] = choose(buys, money[FEES] + row.cost, money[FEES]);
  run->last_refusal[0] = choose(buys, (double)NO_REASON, run->last_refusal[0]);
  M left = buys;
  for (int slot = 0; slot < CONDOR_LOTS && any(left); slot++) {
    Condor *lot = &run->condors[slot];
    M here = left & (lot->structures == 0.0);
    if (!any(here)) continue;
    left = left & ~here;
    lot->structures = choose(here, structures, lot->structures);
    lot->expiry = choose(here, (double)expiry, lot->expiry);
    lot->day = choose(here, (double)market->spx_day[expiry], lot->day);
    lot->settles = choose(here, (double)market->spx_bar[expiry], lot->settles);
    lot->worst = choose(here, worst, lot->worst);
    lot->stale = choose(here, 0.0, lot->stale);
    for (int leg = 0; leg < LEGS; leg++) {
      lot->strike[leg] = choose(here, strike[leg], lot->strike[leg]);
      lot->fill[leg] = choose(here, fill[leg], lot->fill[leg]);
      lot->mid[leg] = choose(here, mid[leg], lot->mid[leg]);
      lot->half[leg] = choose(here, half[leg], lot->half[leg]);
    }
    lot->shared = shared_expiry(lot->structures > 0.0, &lot->expiry);
    row.slot = all_of(slot);
    write_rows(run, here, 0, OPEN, &row);
  }
}

/* The VIX calls ----------------------------------------------------------------------------------------------------------------------*/

INLINE Row row_of_call(const Call *lot, int slot) {
  V unknown = all_of(UNKNOWN);
  return {all_of(slot), all_of(NO_REASON), lot->structures, unknown, unknown, lot->expiry, {lot->strike, unknown, unknown, unknown}};
}

static void settle_calls(Run *run) {
  V print = at(run, VIX_SETTLEMENT);
  for (int layer = 0; layer < LAYERS; layer++)
    for (int slot = 0; slot < ROOM; slot++) {
      Call *lot = &run->calls[layer][slot];
      M settles = (lot->structures > 0.0) & (lot->settles <= (double)run->bar);
      if (!any(settles)) continue;
      Row row = row_of_call(lot, slot);
      row.price = choose(print == print, payoff(true, lot->strike, print), lot->mid);
      row.cost = all_of(0.0);
      V amount = row.price * lot->structures * 100.0;
      run->money[CASH] = choose(settles, run->money[CASH] + amount, run->money[CASH]);
      run->money[FLOW + 1 + layer] = choose(settles, run->money[FLOW + 1 + layer] + amount, run->money[FLOW + 1 + layer]);
      write_rows(run, settles, 1 + layer, SETTLE, &row);
      lot->structures = choose(settles, 0.0, lot->structures);
    }
}

APART void sell_calls(Run *run, M sells, int layer, int slot, double action) {
  Call *lot = &run->calls[layer][slot];
  V *money = run->money, structures = lot->structures;
  Row row = row_of_call(lot, slot);
  row.price = at_bid(lot->mid, lot->half);
  V fee = FEE_PER_OPTION * structures;
  V amount = row.price * structures * 100.0;
  row.cost = fee + (lot->mid - row.price) * structures * 100.0;
  money[CASH] = choose(sells, money[CASH] + amount - fee, money[CASH]);
  money[FLOW + 1 + layer] = choose(sells, money[FLOW + 1 + layer] + amount - fee, money[FLOW + 1 + layer]);
  money[FEES] = choose(sells, money[FEES] + row.cost, money[FEES]);
  write_rows(run, sells, 1 + layer, action, &row);
  lot->structures = choose(sells, 0.0, structures);
}

static long choose_call_expiry(const Market *market, long bar, long next, double wished) {
  long found = -1;
  double least = INFINITE;
  for (long expiry = next; expiry < market->vix_expiries; expiry++) {
    double days = market->vix_day[expiry] - market->sessions[bar];
    double distance = __builtin_fabs(days - wished);
    if (days > wished && distance > least) break;
    if (distance < least && market->vix_listed[expiry] <= bar) found = expiry, least = distance;
  }
  return found;
}

struct Choice {
  unsigned long made; /* On which lanes. */
  bool has_expiry;
  long expiry;
  V refusal, strike, mid, half, gap;
};

APART void choose_call(Run *run, long next, int layer, M asking, Choice *choice) {
  V unknown = all_of(UNKNOWN);
  if (!choice->has_expiry) {
    choice->has_expiry = true;
    choice->expiry = choose_call_expiry(run->market, run->bar, next, DAYS[layer]);
    choice->refusal = all_of(NO_EXPIRY);
    choice->strike = choice->mid = choice->half = choice->gap = unknown;
  }
  unsigned long bits = bits_of(asking) & ~choice->made;
  if (choice->expiry < 0 || !bits) return;
  choice->made |= bits;
  const VixTerms *terms = shared_vix_terms(run, choice->expiry);
  V sum = all_of(0.0);
  for (int term = 0; term < VIX_TERMS; term++) sum = sum + ((const V *)terms)[term];
  vix_calls_for_delta(CALL_DELTA, CALL_QUANTILE, terms, bits, &choice->strike, &choice->gap);
  choice->mid = vix_call_price(choice->strike, terms);
  choice->half = vix_half_spread(choice->mid, run->stress);
  V gap = choice->gap, half = choice->half;
  choice->refusal = choose(sum == sum, choose(gap <= REFUSED_DELTA_GAP, choose(half == half, (double)NO_REASON, (double)NO_PRICE), (double)NO_STRIKE), (double)NO_PRICE);
}

INLINE V as_taken(V wanted) { return choose(wanted > 0.0, wanted, 0.0); }

/* One factor for all, so that `wanted * each` sums to `room`; on which paths that was needed. */
INLINE M cut_asks(Ask *asks, V room, V each) {
  V total = all_of(0.0);
  for (int place = 0; place < ASKS; place++)
    total = total + choose(asks[place].there & (asks[place].wanted > 0.0), asks[place].wanted * each, 0.0);
  M cut = (total > room) & (total != 0.0);
  if (!any(cut)) return cut;
  V factor = most(room, 0.0) / total;
  for (int place = 0; place < ASKS; place++)
    asks[place].wanted = choose(cut & asks[place].there & (asks[place].wanted > 0.0), asks[place].wanted * factor, asks[place].wanted);
  return cut;
}

APART void fill_calls(Run *run, int layer, Ask *asks, const Choice *choice, V limit) {
  const Market *market = run->market;
  Call *calls = run->calls[layer];
  V *money = run->money;
  V debit = choice->mid + choice->half;
  M is_limited = cut_asks(asks, limit - call_cost(run), debit * 100.0);
  M is_short = cut_asks(asks, money[CASH] - condor_margin(run), debit * 100.0 + FEE_PER_OPTION);
  Row row;
  row.price = debit;
  row.expiry = all_of(choice->expiry);
  row.strike[0] = choice->strike;
  row.strike[1] = row.strike[2] = row.strike[3] = all_of(UNKNOWN);
  for (int place = 0; place < ASKS; place++) {
    M there = asks[place].there;
    if (!any(there)) continue;
    V structures = choose(asks[place].wanted > 0.0, rounded_down(asks[place].wanted + 1e-9), 0.0);
    M none = there & (structures == 0.0);
    if (any(none)) {
      row.slot = all_of(place < ROOM ? place : -1);
      row.cut = choose(is_limited, all_of(CUT_BY_LIMIT), choose(is_short, (double)CUT_BY_CASH, (double)LESS_THAN_ONE));
      if (place < ROOM) row.cut = choose(asks[place].asked > 0.0, row.cut, (double)ABOVE_SIZE);
      row.filled = row.cost = all_of(0.0);
      refuse(run, none, 1 + layer, &row);
    }
    M buys = there & ~none;
    if (!any(buys)) continue;
    V fee = FEE_PER_OPTION * structures;
    row.filled = structures;
    row.cost = fee + choice->half * structures * 100.0;
    V code = choose(choice->gap > FLAGGED_DELTA_GAP, (double)DELTA_FLAGGED, (double)NO_REASON);
    row.cut = choose(is_limited, all_of(CUT_BY_LIMIT), choose(is_short, all_of(CUT_BY_CASH), code));
    money[CASH] = choose(buys, money[CASH] - debit * structures * 100.0 - fee, money[CASH]);
    money[FLOW + 1 + layer] = choose(buys, money[FLOW + 1 + layer] - debit * structures * 100.0 - fee, money[FLOW + 1 + layer]);
    money[FEES] = choose(buys, money[FEES] + row.cost, money[FEES]);
    run->last_refusal[1 + layer] = choose(buys, (double)NO_REASON, run->last_refusal[1 + layer]);
    M left = buys;
    for (int slot = place < ROOM ? place : 0; slot < ROOM && any(left); slot++) {
      Call *lot = &calls[slot];
      M here = left & (lot->structures == 0.0);
      if (!any(here)) continue;
      left = left & ~here;
      lot->structures = choose(here, structures, lot->structures);
      if (place >= ROOM) lot->own = choose(here, place == OPENING ? 1.0 : 0.0, lot->own);
      lot->expiry = choose(here, (double)choice->expiry, lot->expiry);
      lot->day = choose(here, (double)market->vix_day[choice->expiry], lot->day);
      lot->settles = choose(here, (double)market->vix_bar[choice->expiry], lot->settles);
      lot->stale = choose(here, 0.0, lot->stale);
      lot->strike = choose(here, choice->strike, lot->strike);
      lot->fill = choose(here, debit, lot->fill);
      lot->mid = choose(here, choice->mid, lot->mid);
      lot->half = choose(here, choice->half, lot->half);
      lot->shared = shared_expiry(lot->structures > 0.0, &lot->expiry);
      row.slot = all_of(slot);
      write_rows(run, here, 1 + layer, place == OPENING ? OPEN : ROLL_IN, &row);
    }
    run->out_of_room = run->out_of_room | left;
  }
}

static void trade_calls(Run *run, long next, int layer, V limit, M unwinds, M is_restruck) {
  const Market *market = run->market;
  Call *calls = run->calls[layer];
  double today = market->sessions[run->bar];
  M holds_own = no_lane();
  for (int slot = 0; slot < ROOM; slot++) holds_own = holds_own | ((calls[slot].structures > 0.0) & (calls[slot].own == 1.0));
  Ask asks[ASKS];
  for (int place = 0; place < ASKS; place++) asks[place] = {no_lane(), all_of(0.0), all_of(0.0)};
  bool has_asks = false;
  Choice choice;
  choice.made = 0, choice.has_expiry = false;
  for (int slot = 0; slot < ROOM; slot++) {
    Call *lot = &calls[slot];
    V structures = lot->structures;
    M held = structures > 0.0;
    if (!any(held)) continue;
    M is_stale = lot->stale > 0.0;
    M sells = held & unwinds & ~is_stale;
    if (any(sells)) sell_calls(run, sells, layer, slot, CLOSE);
    M due = lot->day - today <= ROLL_AT[layer];
    if (layer == FAR) due = due | is_restruck;
    due = held & ~unwinds & due;
    if (!any(due)) continue;
    M stuck = due & is_stale;
    if (any(stuck)) {
      Row row = unchosen(all_of(slot), all_of(STALE_MARK));
      refuse(run, stuck, 1 + layer, &row);
      due = due & ~stuck;
    }
    if (layer == FRONT) {
      long target = choose_call_expiry(market, run->bar, next, DAYS[MEDIUM]);
      M gains = target < 0 ? no_lane() : lot->day < (double)market->vix_day[target];
      M refused = due & ~gains;
      if (any(refused)) {
        Row row = unchosen(all_of(slot), all_of(target < 0 ? NO_EXPIRY : NO_DAYS_GAINED));
        refuse(run, refused, 1 + layer, &row);
      }
      M rolls = due & gains;
      if (any(rolls)) {
        sell_calls(run, rolls, layer, slot, ROLL_OUT);
        run->incoming = choose(rolls, structures, run->incoming);
        holds_own = holds_own & ~rolls;
      }
      continue;
    }
    choose_call(run, next, layer, due, &choice);
    M has_choice = choice.refusal == (double)NO_REASON;
    M refused = due & ~has_choice;
    if (any(refused)) {
      Row row = unchosen(all_of(slot), choice.refusal);
      refuse(run, refused, 1 + layer, &row);
    }
    M gains = choice.expiry < 0 ? no_lane() : lot->day < (double)market->vix_day[choice.expiry];
    refused = due & has_choice & ~gains;
    if (any(refused)) {
      Row row = unchosen(all_of(slot), all_of(NO_DAYS_GAINED));
      row.price = choice.mid + choice.half;
      row.expiry = all_of(choice.expiry);
      row.strike[0] = choice.strike;
      refuse(run, refused, 1 + layer, &row);
    }
    M rolls = due & has_choice & gains;
    if (!any(rolls)) continue;
    sell_calls(run, rolls, layer, slot, ROLL_OUT);
    V others = all_of(0.0);
    for (int other = 0; other < ROOM; other++) others = others + calls[other].structures;
    for (int place = 0; place < slot; place++) others = others + choose(asks[place].there, as_taken(asks[place].wanted), 0.0);
    asks[slot].there = rolls;
    asks[slot].wanted = asks[slot].asked = CALLS[layer] - others;
    has_asks = true;
  }

  M comes_in = layer == MEDIUM ? run->incoming > 0.0 : no_lane();
  M opens = ~unwinds & ~holds_own;
  if (any(comes_in | opens)) {
    choose_call(run, next, layer, comes_in | opens, &choice);
    M has_choice = choice.refusal == (double)NO_REASON;
    for (int place = INCOMING; place <= OPENING; place++) {
      M wants = place == INCOMING ? comes_in : opens;
      M refused = wants & ~has_choice;
      if (any(refused)) {
        Row row = unchosen(all_of(-1.0), choice.refusal);
        refuse(run, refused, 1 + layer, &row);
      }
      asks[place].there = wants & has_choice;
      asks[place].wanted = asks[place].asked = place == INCOMING ? run->incoming : all_of(CALLS[layer]);
      has_asks = has_asks || any(asks[place].there);
    }
    if (layer == MEDIUM) run->incoming = all_of(0.0);
  }
  if (has_asks) fill_calls(run, layer, asks, &choice, limit);
}

/* The days ---------------------------------------------------------------------------------------------------------------------------*/

/* All bars of W paths. `days` is [bars, RECORD, W]. Returns 0; 1 if a mark was missing for too long on some path, 2 if a layer ran out of
 * room: the caller then refuses the run. */
extern "C" long run_days(const Market *market, double *days, double *journal, long capacity, long *rows, double *spx_terms, double *vix_terms) {
  Run *run = (Run *)aligned_alloc(64, (sizeof(Run) + 63) / 64 * 64);
  __builtin_memset(run, 0, sizeof *run);
  run->market = market;
  run->journal = journal;
  run->capacity = capacity;
  run->rows = rows;
  run->spx_terms = spx_terms;
  run->vix_terms = (VixTerms *)vix_terms;
  long expiries = market->spx_expiries + market->vix_expiries;
  run->spx_terms_bar = (long *)malloc(expiries * sizeof(long));
  for (long expiry = 0; expiry < expiries; expiry++) run->spx_terms_bar[expiry] = -1;
  run->vix_terms_bar = run->spx_terms_bar + market->spx_expiries;
  run->money[CASH] = all_of(CAPITAL);
  run->rsi_before = run->rsi_gain = run->rsi_loss = all_of(UNKNOWN);
  V diverged = all_of(UNKNOWN);
  V *money = run->money;
  long next_spx = 0, next_vix = 0, ending = 0;
  for (long bar = 0; bar <= market->last; bar++) {
    run->bar = bar;
    run->today = market->values + bar * ROWS * W;
    V rsi = step_rsi(run, at(run, SPX));
    V diverged_before = diverged;
    diverged = diverges(run);
    if (bar < market->first) continue;
    run->rho = at(run, RHO);
    run->stress = stress_of(at(run, VIX));
    if (bar > market->first) {
      V rate = load(run->today - ROWS * W + RATE * W);
      V interest = money[CASH] * rate * (double)(market->sessions[bar] - market->sessions[bar - 1]) / 360.0;
      M known = rate == rate;
      money[CASH] = choose(known, money[CASH] + interest, money[CASH]);
      money[INTEREST] = choose(known, money[INTEREST] + interest, money[INTEREST]);
      settle_condors(run);
      settle_calls(run);
    }
    if (any(mark(run))) {
      ending = 1;
      break;
    }
    while (next_spx < market->spx_expiries && market->spx_bar[next_spx] <= bar) next_spx++;
    while (next_vix < market->vix_expiries && market->vix_bar[next_vix] <= bar) next_vix++;

    V quick = quick_ratio(run);
    V equity = money[CASH] + condor_value(run);
    for (int layer = 0; layer < LAYERS; layer++) equity = equity + call_value(run, layer);
    V held = all_of(0.0);
    for (int slot = 0; slot < CONDOR_LOTS; slot++) held = held + choose(run->condors[slot].structures > 0.0, 1.0, 0.0);
    close_condors(run);
    M wants = held < (double)CONDOR_LOTS;
    if (market->week_start[bar] == 1 && any(wants)) {
      V wing = choose(rsi != rsi, all_of(UNKNOWN), choose(rsi < OVERSOLD, NARROW_WING, WIDE_WING));
      open_condors(run, wants, next_spx, equity, wing);
    }
    V second = at(run, VX1 + 1);
    V backwardation = choose(second != 0.0, at(run, VX1) / second - 1.0, UNKNOWN);
    run->inverted = choose(backwardation > INVERSION, 1.0, choose(backwardation < 0.0, 0.0, run->inverted));
    run->stressed = choose(quick < 1.0, 1.0, choose(quick >= 1.0, 0.0, run->stressed));
    M unwinds = (run->inverted == 1.0) | (run->stressed == 1.0);
    V limit = LIMIT * condor_credit(run);
    M is_restruck = (diverged == 1.0) & (diverged_before == 0.0);
    for (int layer = 0; layer < LAYERS; layer++) trade_calls(run, next_vix, layer, limit, unwinds, is_restruck);
    if (any(run->out_of_room)) {
      ending = 2;
      break;
    }
    for (int layer = 0; layer <= LAYERS; layer++) {
      run->last_refusal[layer] = choose(run->refused[layer], run->last_refusal[layer], (double)NO_REASON);
      run->refused[layer] = no_lane();
    }

    double *line = days + (bar - market->first) * RECORD * W;
    V value = condor_value(run);
    equity = money[CASH] + value;
    store(line + R_PROFIT * W, money[FLOW] + value);
    for (int layer = 0; layer < LAYERS; layer++) {
      value = call_value(run, layer);
      equity = equity + value;
      store(line + (R_PROFIT + 1 + layer) * W, money[FLOW + 1 + layer] + value);
    }
    store(line + R_EQUITY * W, equity);
    store(line + R_CASH * W, money[CASH]);
    store(line + R_INTEREST * W, money[INTEREST]);
    store(line + R_FEES * W, money[FEES]);
  }
  free(run->spx_terms_bar);
  free(run);
  return ending;
}
