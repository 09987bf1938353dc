-- Up Migration

-- By id first: new ids (UUIDv7) land at the end of the index whatever their symbol is, and looking one up can use no other.
alter table journal drop constraint journal_symbol_id_key, add constraint journal_id_symbol_key unique (id, symbol);
