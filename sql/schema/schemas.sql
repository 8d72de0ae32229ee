-- Two schemas. Whoever uses the toolkit sees fleet alone; fleet_internal holds what the functions share.

create schema fleet;
comment on schema fleet is
  'How is the fleet of AI agents? Tables to read, views, and one function for each thing that can happen.';

create schema fleet_internal;
comment on schema fleet_internal is
  'Helpers of schema fleet: guards, check evaluators, trigger functions. Not an interface: may change in any version.';
