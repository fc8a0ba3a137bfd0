"""What stands between the network and the page: who may ask, who asks, and what the answers may load."""
