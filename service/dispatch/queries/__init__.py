"""Reading what dispatch needs: candidates around a task, tasks with their waves, a member's offers."""
