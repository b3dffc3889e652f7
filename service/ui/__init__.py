"""The pages' source (TypeScript) and the routes that serve what is built of it."""
