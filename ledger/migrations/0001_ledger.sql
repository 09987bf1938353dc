-- Up Migration

-- What this ledger is: synthetic, paper and real money never mix.
create table ledger_info (
  id boolean primary key default true check (id),
  venue text not null,
  feed text not null,
  created_at timestamptz not null default now()
);

-- One heartbeat row a Pod. An owner is (pod, incarnation); an incarnation that is missing here or expired owns nothing.
create table pods (
  pod text primary key,
  incarnation uuid not null unique,
  draining boolean not null default false,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);

-- The row that is locked is the row that carries the fence: epoch changes with every claim, version with every change.
create table positions (
  symbol text primary key,
  owner text,
  incarnation uuid,
  epoch bigint not null default 0,
  version bigint not null default 0,
  quantity numeric not null default 0 check (quantity >= 0),
  cost numeric not null default 0 check (cost >= 0),
  realized_pnl numeric not null default 0,
  mode text not null default 'starting',
  regime text,
  high_water_mark numeric,
  opened_at timestamptz,
  paused_reason text,
  halted_reason text,
  -- json, not jsonb: it comes back byte for byte as its actor wrote it.
  state json,
  removed boolean not null default false,
  updated_at timestamptz not null default clock_timestamp()
);
create index positions_incarnation on positions (incarnation);
-- The account sums what is held at every entry; few symbols hold something.
create index positions_held on positions (symbol) where quantity > 0;

-- One row a change. `seq` is the version the locked position row handed out, so it has no gaps; `symbol` is the stream:
-- a symbol, `account` or `cluster`. A fill stores everything a fold needs, so that folding never rounds.
create table journal (
  symbol text not null,
  seq bigint not null,
  id uuid not null,
  kind text not null,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  side text,
  quantity numeric,
  price numeric,
  notional numeric,
  fee numeric,
  cost_removed numeric,
  realized numeric,
  order_id text,
  quantity_after numeric,
  cost_after numeric,
  realized_after numeric,
  request text,
  body text,
  primary key (symbol, seq),
  -- Effectively once: a command id is accepted once per stream.
  unique (symbol, id)
);

create view fills as
  select id, symbol, seq as version, side, quantity, price, notional, fee, cost_removed, realized, order_id, at, recorded_at
  from journal where kind = 'fill';

create view decisions as
  select symbol, seq as version, id, at, body::jsonb as decision, recorded_at
  from journal where kind = 'decision';

create table orders (
  client_order_id text primary key,
  symbol text not null,
  side text not null,
  type text not null,
  status text not null,
  intent text not null,
  quantity numeric,
  amount numeric,
  price numeric,
  trigger numeric,
  filled_quantity numeric not null,
  filled_notional numeric not null,
  fees numeric not null,
  send_before timestamptz not null,
  reason text,
  updated_at timestamptz not null default clock_timestamp()
);
-- Recovery asks for the orders of a symbol that are not over; all others are history.
create index orders_open on orders (symbol) where status in ('pending', 'open', 'unknown');

-- The one account. Cash changes by deltas under the row's lock. A deficit can only come from a fill the venue proves.
create table account (
  id boolean primary key default true check (id),
  cash numeric not null default 0,
  reserved numeric not null default 0 check (reserved >= 0),
  deposits numeric not null default 0,
  withdrawals numeric not null default 0,
  version bigint not null default 0,
  paused_reason text,
  halted_reason text,
  deficit boolean not null default false,
  losses_in_row integer not null default 0,
  cooldown_from timestamptz,
  reference_equity numeric,
  reference_day date,
  check (cash >= 0 or deficit)
);
insert into account default values;

create table reservations (
  id text primary key,
  symbol text not null,
  amount numeric not null,
  remaining numeric not null check (remaining >= 0),
  status text not null check (status in ('held', 'used', 'settled', 'released')),
  created_at timestamptz not null default clock_timestamp()
);
create index reservations_open on reservations (symbol) where status in ('held', 'used');

create table risk_days (
  day date primary key,
  profit numeric not null default 0,
  entries integer not null default 0
);

create table singletons (
  name text primary key,
  owner text,
  incarnation uuid,
  epoch bigint not null default 0,
  version bigint not null default 0
);
insert into singletons (name) values ('account'), ('cluster');

create table candles (
  symbol text not null,
  open_time timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  primary key (symbol, open_time)
);

create table dead_letters (
  id bigint generated always as identity primary key,
  stream text not null,
  message text not null,
  error text not null,
  attempts integer not null,
  at timestamptz not null default clock_timestamp()
);

-- The paper venue's own book, apart from the ledger as an exchange's would be.
create table paper_orders (
  client_order_id text primary key,
  symbol text not null,
  side text not null,
  type text not null,
  quantity numeric,
  amount numeric,
  price numeric,
  trigger numeric,
  status text not null check (status in ('open', 'done', 'cancelled')),
  created_at timestamptz not null default clock_timestamp()
);
create index paper_orders_open on paper_orders (symbol) where status = 'open';
create table paper_fills (
  trade_id uuid primary key,
  client_order_id text not null references paper_orders,
  quantity numeric not null,
  price numeric not null,
  fee numeric not null,
  at timestamptz not null
);
create index paper_fills_order on paper_fills (client_order_id);

-- A row of the journal as JSON without a float in it.
create function journal_json(j journal) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'symbol', j.symbol, 'seq', j.seq, 'id', j.id, 'kind', j.kind, 'at', (extract(epoch from j.at) * 1000)::bigint,
    'side', j.side, 'quantity', j.quantity::text, 'price', j.price::text, 'notional', j.notional::text,
    'fee', j.fee::text, 'costRemoved', j.cost_removed::text, 'realized', j.realized::text, 'orderId', j.order_id,
    'quantityAfter', j.quantity_after::text, 'costAfter', j.cost_after::text, 'realizedAfter', j.realized_after::text,
    'request', j.request, 'body', j.body)
$$;

-- How often each check stopped an entry, by UTC market day: the answer to "why does it not trade".
create table funnel (
  day date not null,
  symbol text not null,
  key text not null,
  count bigint not null,
  primary key (day, symbol, key)
);

-- Closed trades are part of the journal; this is how they are read.
create view trades as
  -- `json`, not `jsonb`: the fields keep the order they were written in.
  select symbol, seq as version, at, (body::json -> 'trade') as trade from journal
  where kind = 'signal' and body::json ->> 'signal' = 'TRADE_CLOSED';
