"""Looking inside a trained network, one file a view: functions over a bundle that give numbers and words."""
