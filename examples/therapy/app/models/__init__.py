"""What is stored (`db_models`) and what is sent (`schemas`)."""
