"""What a person does with a warehouse now and then: erasures, rollbacks, copies."""
