"""From one description of a deployment to the numbers and files it needs. Plans are pure; writing comes last."""
