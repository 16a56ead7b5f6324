-- Silos and gateways each have a database of their own.
create database silos owner sluice;
