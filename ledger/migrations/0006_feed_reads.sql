-- Up Migration

-- For people who watch. Both indexes are partial: a fill, by far the most frequent row, touches neither, so a commit of fills
-- costs what it did. A decision or a closed trade (a handful a symbol and day) writes one or two entries of about 50 bytes.
-- Building them reads the journal once and holds up commits meanwhile: some seconds for ten million rows.

-- The newest decisions and trades of all symbols, and pages backwards from there.
create index journal_decisions on journal (at, symbol, seq) where kind in ('decision', 'signal');
-- The trades of one symbol: in the index above they lie among those of all others.
create index journal_symbol_signals on journal (symbol, at, seq) where kind = 'signal';
