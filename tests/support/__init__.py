"""What tests share: servers, checked clients, factories, pages as objects."""
